# Two test binaries: one without libtorch (nearly everything), one that links the engine's objects directly.
find_path(DOCTEST_INCLUDE doctest/doctest.h REQUIRED)
file(GLOB_RECURSE unit_sources CONFIGURE_DEPENDS tests/core/*.cpp tests/cmd/*.cpp tests/cloud/*.cpp tests/fakes/*.cpp)
add_executable(mlctl_tests tests/main.cpp ${unit_sources})
target_include_directories(mlctl_tests PRIVATE tests)
target_link_libraries(mlctl_tests PRIVATE mlctl_cmd mlctl_embedded)
set_source_files_properties(tests/fakes/source_folder.cpp PROPERTIES COMPILE_DEFINITIONS MLCTL_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_options(mlctl_tests PRIVATE -Wl,--exclude-libs,ALL)

file(GLOB_RECURSE engine_test_sources CONFIGURE_DEPENDS tests/torch/*.cpp)
if(engine_test_sources)
  add_executable(mlctl_engine_tests tests/main.cpp ${engine_test_sources})
  target_include_directories(mlctl_engine_tests PRIVATE tests)
  target_link_libraries(mlctl_engine_tests PRIVATE mlctl_torch mlctl_nn mlctl_core)
  target_link_options(mlctl_engine_tests PRIVATE -Wl,--exclude-libs,ALL)
endif()

# Drives the embedded engine for tests/e2e/test_engine_parity.py and tests/bench/train_bench.py.
add_executable(mlctl_engine_driver tests/driver/engine_driver.cpp)
target_link_libraries(mlctl_engine_driver PRIVATE mlctl_core mlctl_embedded)

# Signs what the vendors' SDKs signed, for tests/real/test_oss_signatures.py and test_gcs_signatures.py.
add_executable(mlctl_sign_driver tests/driver/sign_driver.cpp)
target_link_libraries(mlctl_sign_driver PRIVATE mlctl_cloud)
