#pragma once
// What the engine module exports: one C symbol, `mlctl_engine_module`. The loader compares `build_id` for
// equality before it calls anything, because C++ objects cross this border.

#include <memory>

#include "core/engine/engine.h"

namespace mlctl {

// Decided by the loader before any library of the engine starts its threads.
struct EngineSettings {
  int threads = 1;
};

struct EngineModule {
  const char* build_id;  // the seam's headers and the compiler: see cmake/Engine.cmake
  std::unique_ptr<Engine> (*create)(const EngineSettings& settings);
};

using EngineModuleFunction = const EngineModule* (*)();

}  // namespace mlctl
