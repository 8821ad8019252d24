#pragma once
// The server's answers as values.

#include <span>
#include <string>

#include "core/base/result.h"
#include "core/http/error_response.h"
#include "core/net/http.h"
#include "core/serve/body_reader.h"

namespace mlctl::serve {

// Refuses a request because of an error in it.
HttpResponse response_of(const Error& error);
// The model failed, which is not the request's fault.
HttpResponse failed_run(const Error& error);

// A line of JSON for each example, with its input as it was read. `outputs` is [examples, network outputs].
HttpResponse predict_response(const Model& model, const InputTexts& inputs, std::span<const float> outputs);

}  // namespace mlctl::serve
