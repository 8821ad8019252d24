#pragma once
// Opens a name below a folder without following a link: not the last part of the name, nor one on the way.

#include <sys/types.h>

#include "core/sys/fd.h"

namespace mlctl::sys {

enum class Means { kernel, steps };

// As openat(2), errno included; a link met → ELOOP or ENOTDIR, a name that leads out → EXDEV. The kernel does
// it by openat2(2); where it cannot (before Linux 5.6, or in a sandbox that does not know the call) the parts
// of the name are opened one after the other.
Fd open_beneath(int folder, const char* name, int flags, mode_t mode = 0, Means means = Means::kernel);

}  // namespace mlctl::sys
