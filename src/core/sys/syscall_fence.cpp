// seccomp (seccomp(2)): a small program that the kernel runs before each system call. It is built from one
// table.

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "core/sys/fence.h"

namespace mlctl::sys {

namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kArchitecture = 0;
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // reports open files and start a symbolizer
#else
constexpr bool kSanitized = false;
#endif

constexpr int kSyscalls[] = {
    // The connections that callers make, answering them, and waiting. Neither socket, connect nor bind: no
    // connection begins here.
    __NR_accept,
    __NR_accept4,
    __NR_recvfrom,
    __NR_recvmsg,
    __NR_sendto,
    __NR_sendmsg,
    __NR_shutdown,
    __NR_setsockopt,
    __NR_getsockopt,
    __NR_getsockname,
    __NR_getpeername,
    __NR_epoll_create1,
    __NR_epoll_ctl,
    __NR_epoll_pwait,
    __NR_ppoll,
    __NR_pselect6,
    __NR_eventfd2,
    // Descriptors that are open: logs, the pipe to the supervisor.
    __NR_read,
    __NR_write,
    __NR_readv,
    __NR_writev,
    __NR_pread64,
    __NR_lseek,
    __NR_close,
    __NR_dup,
    __NR_dup3,
    __NR_fcntl,
    __NR_fstat,
    __NR_getdents64,
    // Looking at files; opening them for reading is checked below, by the flags. /proc for the metrics, /sys
    // for libraries that count processors.
    __NR_newfstatat,
    __NR_statx,
    __NR_faccessat,
    __NR_faccessat2,
    __NR_readlinkat,
    __NR_getcwd,
    // Memory. What a library compiles for a new shape (oneDNN) is mapped to be executed.
    __NR_mmap,
    __NR_munmap,
    __NR_mprotect,
    __NR_mremap,
    __NR_madvise,
    __NR_brk,
    __NR_mincore,
    __NR_membarrier,
    __NR_mbind,
    __NR_get_mempolicy,
    __NR_set_mempolicy,
    // Threads: OpenMP starts some when a larger batch comes for the first time. A clone without exec is
    // another fenced process.
    __NR_clone,
    __NR_clone3,
    __NR_set_robust_list,
    __NR_get_robust_list,
    __NR_rseq,
    __NR_set_tid_address,
    __NR_futex,
    __NR_sched_yield,
    __NR_sched_getaffinity,
    __NR_sched_setaffinity,
    __NR_sched_getparam,
    __NR_sched_getscheduler,
    __NR_sched_get_priority_max,
    __NR_sched_get_priority_min,
    __NR_getcpu,
    __NR_gettid,
    __NR_exit,
    __NR_exit_group,
    __NR_prctl,
    // Signals: SIGTERM ends a worker. Not kill; abort() sends itself one by tgkill, which is checked below.
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_rt_sigtimedwait,
    __NR_sigaltstack,
    __NR_restart_syscall,
    // Time, randomness, and what a process may know of itself and the machine.
    __NR_clock_gettime,
    __NR_clock_getres,
    __NR_clock_nanosleep,
    __NR_nanosleep,
    __NR_gettimeofday,
    __NR_getrandom,
    __NR_getpid,
    __NR_getppid,
    __NR_getuid,
    __NR_geteuid,
    __NR_getgid,
    __NR_getegid,
    __NR_getrusage,
    __NR_getrlimit,
    __NR_prlimit64,
    __NR_sysinfo,
    __NR_times,
    __NR_uname,
#ifdef __x86_64__  // older forms of calls above, which newer architectures do not have
    __NR_epoll_wait,
    __NR_poll,
    __NR_select,
    __NR_dup2,
    __NR_stat,
    __NR_lstat,
    __NR_access,
    __NR_readlink,
    __NR_time,
    __NR_arch_prctl,
#endif
};

// Calls that are allowed depending on one argument: all bits of `mask` must be clear in it, or it must be
// one of `values`.
struct Checked {
  int number;
  int argument;
  uint32_t mask;
  std::array<uint32_t, 4> values;  // mask 0; unused ones repeat
};
constexpr uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);
// Not TIOCSTI: it types into the terminal that `mlctl serve` was started from.
constexpr std::array<uint32_t, 4> kHarmless = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO};
constexpr Checked kChecked[] = {
    {__NR_openat, 2, kWriting, {}},
#ifdef __x86_64__
    {__NR_open, 1, kWriting, {}},
#endif
    {__NR_ioctl, 1, 0, kHarmless},
};

sock_filter load(size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}
sock_filter skip_unless_equal(uint32_t value, uint8_t instructions) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, instructions);
}
sock_filter give(uint32_t verdict) {
  return BPF_STMT(BPF_RET | BPF_K, verdict);
}
// Little-endian, as both architectures are: the low half of an argument comes first.
size_t argument_offset(int argument) {
  return offsetof(seccomp_data, args) + sizeof(uint64_t) * static_cast<size_t>(argument);
}

constexpr uint32_t kDenied = SECCOMP_RET_ERRNO | EPERM;

void add_checked(std::vector<sock_filter>& program, const Checked& call) {
  std::vector<sock_filter> body = {load(argument_offset(call.argument))};
  if (call.mask != 0) {
    body.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, call.mask, 1, 0));
    body.push_back(give(SECCOMP_RET_ALLOW));
  } else {
    for (const uint32_t value : call.values) {
      body.push_back(skip_unless_equal(value, 1));
      body.push_back(give(SECCOMP_RET_ALLOW));
    }
  }
  body.push_back(give(kDenied));
  program.push_back(skip_unless_equal(static_cast<uint32_t>(call.number), static_cast<uint8_t>(body.size())));
  program.insert(program.end(), body.begin(), body.end());
}

std::vector<sock_filter> build_program() {
  // Another architecture's calls (32-bit ones on x86-64) have other numbers.
  std::vector<sock_filter> program = {load(offsetof(seccomp_data, arch)), skip_unless_equal(kArchitecture, 1),
                                      BPF_STMT(BPF_JMP | BPF_JA, 1), give(kDenied),
                                      load(offsetof(seccomp_data, nr))};
  for (const int number : kSyscalls) {
    program.push_back(skip_unless_equal(static_cast<uint32_t>(number), 1));
    program.push_back(give(SECCOMP_RET_ALLOW));
  }
  for (const Checked& call : kChecked) add_checked(program, call);
  const auto own = static_cast<uint32_t>(::getpid());
  add_checked(program, {__NR_tgkill, 0, 0, {own, own, own, own}});
  program.push_back(give(kDenied));
  return program;
}

// Whether the process has a GPU open. GPU drivers use system calls that differ from version to version.
bool holds_gpu() {
  std::error_code code;
  for (auto at = std::filesystem::directory_iterator("/proc/self/fd", code); !code && at != end(at);
       at.increment(code)) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(at->path(), gone).string();
    for (const char* device : {"/dev/nvidia", "/dev/kfd", "/dev/dri/"}) {
      if (target.starts_with(device)) return true;
    }
  }
  return false;
}

}  // namespace

Fenced fence_calls() {
  if (kSanitized) return {false, "a sanitizer's reports need more system calls"};
  if (kArchitecture == 0) return {false, "the system calls of this architecture are not listed"};
  if (holds_gpu()) return {false, "a GPU's driver needs system calls of its own"};
  std::vector<sock_filter> program = build_program();
  const sock_fprog given{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return {false, std::strerror(errno)};
  // SPEC_ALLOW: older kernels else turn off speculation for the whole process, which costs a third of its
  // speed and guards against other users' code in this process, of which there is none.
  const unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  if (::syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &given) == 0) return {true};
  return {false, fmt::format("seccomp: {}", std::strerror(errno))};
}

}  // namespace mlctl::sys
