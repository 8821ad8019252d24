#pragma once
// How `predict` asks an endpoint over HTTP. What answers there may not be mlctl, or may be broken, so each
// answer is checked before it is used.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/http.h"
#include "core/serve/inputs.h"

namespace mlctl::serve {

// An endpoint of mlctl's at `url`.
struct RemoteModel {
  std::string url;    // "http://127.0.0.1:8080"
  std::string token;  // bearer, or ""
  InputKind kind = InputKind::table;
};
// Not an endpoint of mlctl → 9.
Result<RemoteModel> open_remote(Http& http, std::string url, std::string token);
// A busy endpoint (429, 503) is asked again for a while. An answer that is not of the form of POST /predict
// → 9, naming the key.
Result<std::vector<nlohmann::ordered_json>> answer_remotely(Http& http, const RemoteModel& remote,
                                                            const InputChunk& chunk,
                                                            const std::function<void(double)>& sleep);

// One line of an answer: {input, label, score, probabilities} or {input, value}.
Result<nlohmann::ordered_json> read_answer(std::string_view line, const std::string& where);

}  // namespace mlctl::serve
