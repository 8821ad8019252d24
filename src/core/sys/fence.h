#pragma once
// Rights that a process gives up once it has all it needs, so that whoever takes it over gains little. Both
// fences are permanent, and hold for every thread and child that starts after them.

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mlctl::sys {

struct Fenced {
  bool done = false;
  std::string why_not{};  // not done: in words, for a log
};

// No new privileges by exec (no_new_privs). Of the file system only reading, and only of `readable` and of
// the system's own files that libraries may open later (/proc, /sys, the folders of the loaded libraries).
// No TCP connections out, no binding of ports. Holds for the calling thread and the threads it will start,
// so call it before starting those that handle what strangers send. Where the kernel has no Landlock
// (before 5.13, or turned off), only the first part is done.
Fenced fence_files(const std::vector<std::filesystem::path>& readable);

// Allows only the system calls that serving needs, for all threads (kSyscalls in syscall_fence.cpp says
// which, and why). Any other fails with EPERM, and so do opening files for writing and talking to
// terminals. Call it last, when libraries are loaded and warm. Not done where the process has a GPU open,
// whose driver uses calls of its own, nor in a build with a sanitizer.
Fenced fence_calls();

}  // namespace mlctl::sys
