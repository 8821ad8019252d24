#pragma once
// Opens a name below a folder without following any link, whether it is the last part of the name or one on
// the way.

#include <sys/types.h>

#include "core/sys/fd.h"

namespace mlctl::sys {

enum class Means { kernel, steps };

// Like openat(2), errno included; a link → ELOOP or ENOTDIR, a name that leads out of the folder → EXDEV.
// Uses openat2(2); where the kernel lacks it (before Linux 5.6, or in a sandbox that does not know the
// call), the parts of the name are opened one by one.
Fd open_beneath(int folder, const char* name, int flags, mode_t mode = 0, Means means = Means::kernel);

}  // namespace mlctl::sys
