# The engine module: src/core/torch is the only place that sees libtorch. It is built as a shared module exporting one
# symbol, embedded in the binary (cmake/Embed.cmake) and loaded on first use (src/core/engine/loader.cpp).
# TORCH_ROOT points at another libtorch (a PyPI wheel's torch/ folder, say).
set(TORCH_ROOT "" CACHE PATH "libtorch to build against; empty: the system's")
if(torch_sources)
  find_path(TORCH_INCLUDE torch/version.h torch/csrc/api/include/torch/version.h HINTS ${TORCH_ROOT}/include REQUIRED)
  find_library(TORCH_LIBRARY torch HINTS ${TORCH_ROOT}/lib REQUIRED)
  find_library(TORCH_CPU_LIBRARY torch_cpu HINTS ${TORCH_ROOT}/lib REQUIRED)
  find_library(C10_LIBRARY c10 HINTS ${TORCH_ROOT}/lib REQUIRED)

  add_library(mlctl_torch OBJECT ${torch_sources})
  target_include_directories(mlctl_torch PUBLIC src)
  target_include_directories(mlctl_torch SYSTEM PUBLIC ${TORCH_INCLUDE} ${TORCH_INCLUDE}/torch/csrc/api/include)
  target_compile_options(mlctl_torch PRIVATE -fvisibility=hidden -Wno-pedantic -Wno-shadow)
  target_link_libraries(mlctl_torch PUBLIC ${TORCH_LIBRARY} ${TORCH_CPU_LIBRARY} ${C10_LIBRARY})
endif()
