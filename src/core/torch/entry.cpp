// The one symbol that the module exports.

#include <ATen/ATen.h>
#include <dlfcn.h>
#include <omp.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include "core/engine/module.h"
#include "core/nn/guard.h"
#include "core/torch/session.h"

namespace mlctl::engine {
namespace {

// OpenBLAS tells its kernels and takes its thread count only by functions that other BLAS libraries lack.
template <class Function>
Function* blas_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

std::string blas_name() {
  auto* config = blas_function<const char*()>("openblas_get_config");
  auto* core = blas_function<char*()>("openblas_get_corename");
  if (!config || !core) return "unknown";
  const std::string text = config();  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …"
  const size_t end = text.find(' ', text.find(' ') + 1);
  return text.substr(0, end) + " (" + core() + ")";
}

class TorchEngine final : public Engine {
 public:
  explicit TorchEngine(const EngineSettings& settings) : settings_(settings) {
    // Not at::set_num_threads(): that also makes a pool for mobile networks, as wide as the machine, and
    // waits for ever for threads that could not be started.
    omp_set_num_threads(settings.threads);
  }

  EngineInfo info() override {
    EngineInfo info;
    info.libtorch = TORCH_VERSION;
    info.cuda = torch::cuda::is_available();
    info.cuda_devices = static_cast<int>(torch::cuda::device_count());
    info.blas = blas_name();
    info.threads = settings_.threads;
    return info;
  }

  Result<std::unique_ptr<Session>> open(const SessionSpec& spec) override {
    return guard([&] { return open_session(spec, settings_.threads); });
  }

 private:
  EngineSettings settings_;
};

std::unique_ptr<Engine> create(const EngineSettings& settings) {
  return std::make_unique<TorchEngine>(settings);
}

}  // namespace
}  // namespace mlctl::engine

extern "C" __attribute__((visibility("default"))) const mlctl::EngineModule* mlctl_engine_module() {
  static const mlctl::EngineModule module = {MLCTL_ENGINE_BUILD_ID, mlctl::engine::create};
  return &module;
}
