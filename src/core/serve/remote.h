#pragma once
// What `predict` asks of an endpoint over HTTP. Whoever answers there may be no mlctl, or a broken one: an
// answer is checked before anybody reads it.

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
// Not one of mlctl's → 9.
Result<RemoteModel> open_remote(Http& http, std::string url, std::string token);
// A busy one (429, 503) is asked again for a while. An answer of another shape than POST /predict has → 9,
// naming the key.
Result<std::vector<nlohmann::ordered_json>> answer_remotely(Http& http, const RemoteModel& remote,
                                                            const InputChunk& chunk,
                                                            const std::function<void(double)>& sleep);

// One line of an answer: {input, label, score, probabilities} or {input, value}.
Result<nlohmann::ordered_json> read_answer(std::string_view line, const std::string& where);

}  // namespace mlctl::serve
