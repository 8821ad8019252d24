# `mlctl completion` prints the files of completions/, which packages install as they are.
set(script_entries "")
foreach(script IN ITEMS bash:mlctl.bash zsh:_mlctl fish:mlctl.fish)
  string(REPLACE ":" ";" script ${script})
  list(GET script 0 shell)
  list(GET script 1 file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/completions/${file})
  file(READ ${CMAKE_SOURCE_DIR}/completions/${file} script_text)
  string(APPEND script_entries "    {\"${shell}\", R\"script(${script_text})script\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/completion_scripts.cpp @ONLY CONTENT [[
// Generated from completions/ by cmake/Completions.cmake.
#include "cmd/shell/completion_scripts.h"

namespace mlctl {

std::span<const CompletionScript> completion_scripts() {
  static constexpr CompletionScript scripts[] = {
@script_entries@  };
  return scripts;
}

}  // namespace mlctl
]])
target_sources(mlctl_cmd PRIVATE ${CMAKE_BINARY_DIR}/generated/completion_scripts.cpp)
