# `make install` and `make package` (a .deb): the binary, its man page and completions, documents.
install(TARGETS mlctl RUNTIME DESTINATION bin)
install(FILES completions/mlctl.bash DESTINATION share/bash-completion/completions RENAME mlctl)
# zsh looks for packages' completions in vendor-completions only below /usr.
install(CODE "
  set(place site-functions)
  if(CMAKE_INSTALL_PREFIX MATCHES \"/usr$\")
    set(place vendor-completions)
  endif()
  file(INSTALL \"${CMAKE_SOURCE_DIR}/completions/_mlctl\"
    DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/zsh/\${place}\")")
install(FILES completions/mlctl.fish DESTINATION share/fish/vendor_completions.d)
install(FILES README.md CHANGELOG.md DESTINATION share/doc/mlctl)
install(FILES LICENSE DESTINATION share/doc/mlctl RENAME copyright)
install(DIRECTORY manifests/examples DESTINATION share/doc/mlctl)
install(CODE "
  file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/man/man1\")
  execute_process(COMMAND $<TARGET_FILE:mlctl> help man COMMAND gzip -9n
    OUTPUT_FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/man/man1/mlctl.1.gz\" COMMAND_ERROR_IS_FATAL ANY)")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "mlctl maintainers <maintainers@mlctl.dev>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "kubectl-style command line for the machine-learning lifecycle")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6 (>= 2.36), libgcc-s1, libstdc++6 (>= 12)")
# Only what needs a model's mathematics loads libtorch; mlctl says so where it is absent.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libtorch1.13, libopenblas0-pthread, libdnnl2")
include(CPack)
