#pragma once
// What a process gives up once it has all it needs: whoever takes it over from then on has little to take
// over. Both fences hold for good, and for every thread and child that starts after them.

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mlctl::sys {

struct Fenced {
  bool done = false;
  std::string why_not{};  // not done: in words, for a log
};

// No more privileges by exec (no_new_privs), and of the file system only reading: the system's own files that
// libraries look into later (/proc, /sys, the folders that the loaded libraries came from), and `readable`.
// No TCP connection can be made and no port bound. Holds for the calling thread and the threads it will
// start: call it before those that handle what strangers send. Where the kernel has no Landlock (before 5.13,
// or turned off), only the first part is done.
Fenced fence_files(const std::vector<std::filesystem::path>& readable);

// Only the system calls that serving needs, for all threads (kSyscalls in syscall_fence.cpp says which, and
// why); any other fails with EPERM, and so do opening files for writing and talking to terminals. Call it
// last, when libraries are loaded and warm. Not done where the process holds a GPU open, whose driver uses
// calls of its own; or in a build with a sanitizer.
Fenced fence_calls();

}  // namespace mlctl::sys
