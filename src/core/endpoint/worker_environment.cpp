#include "core/endpoint/worker_environment.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace mlctl::serve {

namespace {

constexpr std::array<std::string_view, 17> kNames = {
    "MLCTL_ENGINE",     // which libtorch
    "LD_LIBRARY_PATH",  // … and where it lies
    "HOME",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "TMPDIR",  // where the engine may be unpacked
    "PATH",    // a GPU's compiler for kernels (ptxas)
    "LANG",
    "LANGUAGE",
    "TZ",  // the words of the system's messages, the log's times
    "GLIBC_TUNABLES",
    "MALLOC_ARENA_MAX",  // an operator's choices of memory
    "ASAN_OPTIONS",
    "UBSAN_OPTIONS",
    "LSAN_OPTIONS",
    "TSAN_OPTIONS",  // of builds with sanitizers
};

// Families of settings: of the locale, and of the libraries that compute.
constexpr std::array<std::string_view, 16> kFamilies = {
    "LC_",   "OMP_",   "GOMP_",   "KMP_", "OPENBLAS_", "MKL_",     "DNNL_",  "ONEDNN_",
    "CUDA_", "CUDNN_", "NVIDIA_", "HIP_", "ROCR_",     "PYTORCH_", "TORCH_", "GLOG_",
};

}  // namespace

bool is_passed_on(std::string_view variable) {
  const bool named = std::find(kNames.begin(), kNames.end(), variable) != kNames.end();
  return named || std::any_of(kFamilies.begin(), kFamilies.end(),
                              [&](std::string_view family) { return variable.starts_with(family); });
}

std::vector<std::string> worker_environment(const std::vector<std::string>& entries) {
  std::vector<std::string> kept;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(kept), [](const std::string& entry) {
    return is_passed_on(std::string_view(entry).substr(0, entry.find('=')));
  });
  return kept;
}

}  // namespace mlctl::serve
