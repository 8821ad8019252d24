#include "core/base/unforeseen.h"

#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "core/base/version.h"

namespace mlctl {

namespace {

Error fault(const std::string& what, std::string_view command) {
  return {Exit::failed,
          "something unforeseen happened: " + what,
          {},
          fmt::format("this is a fault of mlctl: please report it, with this message and \"mlctl {}, {}\"",
                      version(), command.empty() ? "a thread of it" : command),
          {}};
}

// A folder that is gone or can't be read, where the code did not check that.
Error of_files(const std::filesystem::filesystem_error& error) {
  const std::string path = error.path1().string();
  Error told{Exit::failed,
             "cannot use " + (path.empty() ? "the working folder" : path) + ": " + error.code().message(),
             {},
             {},
             {}};
  if (error.code() == std::errc::no_such_file_or_directory) told.code = Exit::not_found;
  if (error.code() == std::errc::permission_denied) told.code = Exit::auth;
  if (error.code() == std::errc::no_space_on_device) told.code = Exit::resource;
  return told;
}

// std::thread reports EAGAIN when the system gives no more threads.
Error of_system(const std::system_error& error, std::string_view command) {
  if (error.code() == std::errc::resource_unavailable_try_again)
    return {Exit::resource,
            "cannot start a thread: " + error.code().message(),
            {},
            "the limit of processes is reached (ulimit -u, pids.max): raise it, or end others",
            {}};
  if (error.code() == std::errc::not_enough_memory || error.code() == std::errc::no_space_on_device ||
      error.code() == std::errc::too_many_files_open)
    return {Exit::resource, error.what(), {}, {}, {}};
  return fault(error.what(), command);
}

}  // namespace

Error unforeseen(std::string_view command) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return {Exit::resource,
            "there is not enough memory",
            {},
            "give it more (ulimit -v, the container's limit), or less to do at once",
            {}};
  } catch (const std::filesystem::filesystem_error& error) {
    return of_files(error);
  } catch (const std::system_error& error) {
    return of_system(error, command);
  } catch (const std::exception& error) {
    return fault(error.what(), command);
  } catch (...) {
    return fault("an exception of an unknown kind", command);
  }
}

}  // namespace mlctl
