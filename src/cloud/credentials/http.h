#pragma once
// How token services and metadata servers are reached.

#include <memory>

#include "cloud/wire/pool.h"
#include "core/net/http.h"
#include "core/sys/env.h"

namespace mlctl {

// One connection for each call, as keys are asked for once an hour: through the proxies of the environment,
// but never to the machine's own addresses (metadata servers, loopback), which would leave the machine.
std::unique_ptr<Http> make_keys_http(wire::Options options, sys::Env env);

}  // namespace mlctl
