// Loads the engine module: the copy embedded in the binary, through a memory file, or the file $MLCTL_ENGINE
// names. Linking it instead would make every command start with libtorch's 287 libraries (0.4 s).

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/engine/engine.h"
#include "core/engine/module.h"
#include "core/sys/cpu.h"
#include "core/sys/env.h"
#include "core/sys/fs.h"

// Weak: test programs that link the engine's objects directly carry no embedded module.
extern "C" __attribute__((weak, visibility("hidden"))) const char mlctl_embedded_engine[];
extern "C" __attribute__((weak, visibility("hidden"))) const char mlctl_embedded_engine_end[];

namespace mlctl {
namespace {

// The number of threads that the libraries may use, this one included. They end the process when they can't
// start as many as they were told, so starting them is tried first. OpenMP and OpenBLAS have their own, and
// the loader of batches has one.
int allowed_threads() {
  const int wanted = sys::available_cpus();
  return std::clamp((sys::startable_threads(2 * wanted) - 1) / 2 + 1, 1, wanted);
}

// Libraries read these when they are loaded or start their threads, so they must be set before. What the user
// has set stays, unless the system does not give so many threads.
EngineSettings fix_surroundings() {
  const EngineSettings settings{allowed_threads()};
  const std::string threads = std::to_string(settings.threads);
  constexpr int kKeepUsers = 0;
  for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}) {
    const char* set = std::getenv(name);
    const int wanted = set == nullptr ? 0 : static_cast<int>(parse_int(set).value_or(0));
    if (wanted > settings.threads && sys::startable_threads(wanted) < wanted) unsetenv(name);
  }
  if (const std::string core = sys::openblas_core(); !core.empty())
    setenv("OPENBLAS_CORETYPE", core.c_str(), kKeepUsers);
  setenv("OPENBLAS_NUM_THREADS", threads.c_str(), kKeepUsers);
  setenv("OMP_NUM_THREADS", threads.c_str(), kKeepUsers);
  // OpenMP's threads spin for milliseconds at the end of a loop, hoping for the next. Where another process,
  // or our own loader, wants the CPU, the spinning keeps the last thread from finishing: 20 times slower.
  setenv("GOMP_SPINCOUNT", "2000", kKeepUsers);
  setenv("GLOG_minloglevel", "2", kKeepUsers);  // Debian's libtorch warns through glog
  return settings;
}

// Where address space is limited, some of libtorch's libraries fault instead of failing, when they are loaded
// and when they compute first. A process without such a limit keeps its core dumps.
void explain_faults() {
  rlimit space{};
  if (::getrlimit(RLIMIT_AS, &space) != 0 || space.rlim_cur == RLIM_INFINITY) return;
  std::signal(SIGSEGV, [](int) {  // only what a signal handler may call
    constexpr std::string_view kWords =
        "error: the training engine ended, most likely for want of memory (ulimit -v limits it)\n";
    (void)!::write(STDERR_FILENO, kWords.data(), kWords.size());
    ::_exit(static_cast<int>(Exit::resource));
  });
}

std::string cause() {
  const char* text = dlerror();
  return text ? text : "unknown cause";
}

// The handle, or nothing and dlerror().
void* open_library(const std::string& path) {
  // A CUDA build of libtorch registers its device only when this library is in the global scope.
  dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  dlerror();
  return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}

// The descriptor stays open: were it closed, the next memory file would get the same path, and dlopen would
// return this library for it. /proc/PID rather than /proc/self, so that a debugger finds the symbols.
std::optional<std::string> memory_file(std::string_view bytes) {
  const int fd = memfd_create("mlctl-engine", MFD_CLOEXEC);
  if (fd < 0) return std::nullopt;
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written = write(fd, bytes.data() + done, bytes.size() - done);
    if (written <= 0) {
      close(fd);
      return std::nullopt;
    }
    done += static_cast<size_t>(written);
  }
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd);
}

// For systems that don't execute memory files: a file in the user's cache, named by its content.
Result<std::string> cache_file(std::string_view bytes) {
  const sys::Env env = sys::current_env();
  sys::fs::path folder = env.get("XDG_CACHE_HOME").value_or("");
  if (folder.empty()) folder = sys::fs::path(env.get("HOME").value_or("/tmp")) / ".cache";
  const std::string name = "engine-" + sha256_hex(bytes).substr(0, 32) + ".so";
  const sys::PathAt path = TRY(sys::private_place(folder / "mlctl", name));
  const auto present = sys::read_file(path);
  if (!present || *present != bytes) TRY(sys::write_file(path, bytes, 0700));
  return path.path().string();
}

tl::unexpected<Error> cannot_load(const std::string& why) {
  const bool memory =
      why.find("allocate memory") != std::string::npos || why.find("failed to map") != std::string::npos;
  return fail(Exit::resource, "cannot load the training engine: " + why,
              memory ? "there is not enough memory for it (ulimit -v, the container's limit)"
                     : "apt-get install " MLCTL_ENGINE_PACKAGES);
}

Result<void*> open_embedded() {
  if (!mlctl_embedded_engine) return cannot_load("this program was built without it");
  const std::string_view bytes(mlctl_embedded_engine,
                               size_t(mlctl_embedded_engine_end - mlctl_embedded_engine));
  if (const auto path = memory_file(bytes)) {
    if (void* library = open_library(*path)) return library;
    const std::string why = cause();
    // A missing library is missing for the file, too.
    if (why.find("cannot open shared object file") != std::string::npos && why.rfind(*path, 0) != 0)
      return cannot_load(why);
  }
  if (void* library = open_library(TRY(cache_file(bytes)))) return library;
  return cannot_load(cause());
}

Result<void*> open_override(const std::string& path) {
  if (!sys::exists(path)) return fail(Exit::not_found, "MLCTL_ENGINE=" + path + ": no such file");
  const auto absolute = sys::fs::absolute(path).string();
  if (void* library = open_library(absolute)) return library;
  return fail(Exit::resource, "cannot load the training engine of MLCTL_ENGINE: " + cause());
}

Result<std::unique_ptr<Engine>> load() {
  const EngineSettings settings = fix_surroundings();
  explain_faults();
  const auto chosen = sys::current_env().get("MLCTL_ENGINE");
  void* library = TRY(chosen ? open_override(*chosen) : open_embedded());
  const auto entry = reinterpret_cast<EngineModuleFunction>(dlsym(library, "mlctl_engine_module"));
  if (!entry) return cannot_load("it has no mlctl_engine_module");
  const EngineModule* module = entry();
  if (std::string_view(module->build_id) != MLCTL_ENGINE_BUILD_ID)
    return fail(Exit::resource, "the training engine of MLCTL_ENGINE was built for another mlctl",
                "build it from the same sources and compiler, or unset MLCTL_ENGINE");
  return module->create(settings);
}

}  // namespace

const char* engine_id() {
  return MLCTL_ENGINE_BUILD_ID;
}

// Loaded once, failed once: libraries that are already in the process can be neither unloaded nor retried.
Result<Engine*> load_engine() {
  static const Result<std::unique_ptr<Engine>> engine = load();
  if (!engine) return fail(engine.error());
  return engine->get();
}

}  // namespace mlctl
