#pragma once
// kill -9 at a chosen instant: runs `work` in a child process that dies on entering its n-th system call.

#include <functional>

namespace mlctl::test {

enum class Death { killed, finished, untraceable };

// `finished`: work() returned before its n-th system call. `untraceable`: this machine forbids ptrace.
Death run_killed_at(int nth_system_call, const std::function<void()>& work);

}  // namespace mlctl::test
