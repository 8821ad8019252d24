#pragma once
// The process behind a local endpoint. It owns the one listening socket, starts workers that share it, keeps
// their log, and follows endpoint.json until it is told to stop.

#include <filesystem>

#include "core/serve/run_server.h"
#include "core/sys/clock.h"
#include "core/sys/stop.h"

namespace mlctl::serve {

// Descriptors that supervisors and workers inherit.
inline constexpr int kListenFd = 3;
inline constexpr int kReadyFd = 4;  // workers: a line here says that the model answers

// Starts `mlctl __supervise FOLDER` in a session of its own, which survives the terminal. The listening
// socket stays the caller's to close.
Result<> spawn_supervisor(const std::filesystem::path& folder, int listen_fd);

// `mlctl __supervise FOLDER`: until SIGTERM, or until the first revision failed. Already supervised → 6.
Result<> supervise(const std::filesystem::path& folder, sys::Clock& clock, const sys::StopFlag& stop);

// `mlctl __worker FOLDER REVISION`.
Result<> run_worker(const std::filesystem::path& folder, int64_t revision,
                    const std::function<Result<Engine*>()>& engine, sys::Clock& clock,
                    const sys::StopFlag& stop);

}  // namespace mlctl::serve
