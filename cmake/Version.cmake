# Keeps build/generated/version_commit.inc in step with the checkout: looked at on every build, written (and one
# file recompiled) only when the commit changed.
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_policy(VERSION 3.25)
  execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_QUIET)
  file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define MLCTL_COMMIT \"@commit@\"\n" @ONLY)
  return()
endif()

set(MLCTL_GENERATED ${CMAKE_BINARY_DIR}/generated)
add_custom_target(mlctl_version BYPRODUCTS ${MLCTL_GENERATED}/version_commit.inc
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUTPUT=${MLCTL_GENERATED}/version_commit.inc -P ${CMAKE_CURRENT_LIST_FILE})
add_dependencies(mlctl_core mlctl_version)
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/core/base/version.cpp PROPERTIES
  COMPILE_DEFINITIONS MLCTL_VERSION="${PROJECT_VERSION}" INCLUDE_DIRECTORIES ${MLCTL_GENERATED})
