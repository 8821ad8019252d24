# Everything but libc, libm, libstdc++ and libgcc is linked statically: the binary starts in about 2 ms and runs where
# nothing is installed (docs/decisions.md). Debian ships the archives.
add_library(mlctl_static_libraries INTERFACE)
set(static_archives yaml-cpp re2 archive acl attr xml2 bz2 lzma lz4 zstd z nettle xxhash utf8proc webp jpeg png16 ssl crypto pugixml)
foreach(archive IN LISTS static_archives)
  find_library(STATIC_${archive} lib${archive}.a)
  if(STATIC_${archive})
    target_link_libraries(mlctl_static_libraries INTERFACE ${STATIC_${archive}})
  else()
    message(FATAL_ERROR "lib${archive}.a not found: run `make deps`")
  endif()
endforeach()
# png16 and archive need the ones after them once more; the linker drops what is unused.
target_link_libraries(mlctl_static_libraries INTERFACE ${STATIC_z} m pthread dl)
target_compile_options(mlctl_static_libraries INTERFACE -ffunction-sections -fdata-sections)
target_compile_definitions(mlctl_static_libraries INTERFACE XXH_STATIC_LINKING_ONLY LIBARCHIVE_STATIC)
