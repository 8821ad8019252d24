// Requests of callers: the same however the bytes are cut, and never larger than the limits.

#include "core/http/request_reader.h"
#include "fuzz/fuzz.h"

using namespace mlctl;
using serve::RequestReader;

namespace {

struct Read {
  std::vector<HttpRequest> requests;
  int refused = 0;
};

Read read_in_pieces(std::string_view bytes, size_t piece) {
  serve::HttpLimits limits;
  limits.head_bytes = 1000;
  limits.body_bytes = 4000;
  RequestReader reader(limits);
  Read read;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    const size_t taken = reader.feed(part);
    fuzz::claim(taken <= part.size(), "a reader takes no more than it is given");
    bytes.remove_prefix(taken);
    if (reader.state() == RequestReader::State::failed) {
      read.refused = reader.error_status();
      return read;
    }
    if (reader.state() == RequestReader::State::awaiting) {
      reader.proceed();
    } else if (reader.state() == RequestReader::State::done) {
      read.requests.push_back(reader.take());
      fuzz::claim(read.requests.back().body.size() <= limits.body_bytes, "a body keeps to its limit");
    } else {
      fuzz::claim(taken == part.size(), "a reader that is not done takes all");
    }
  }
  return read;
}

bool same(const HttpRequest& a, const HttpRequest& b) {
  return a.method == b.method && a.path == b.path && a.query == b.query && a.headers == b.headers &&
         a.body == b.body && a.keep_alive == b.keep_alive;
}

}  // namespace

FUZZ(input) {
  const size_t piece = 1 + fuzz::choose(input, 64);
  const Read whole = read_in_pieces(input, input.size() + 1), cut = read_in_pieces(input, piece);
  fuzz::claim(whole.refused == cut.refused && whole.requests.size() == cut.requests.size(),
              "pieces are read as the whole is");
  for (size_t at = 0; at < whole.requests.size(); ++at)
    fuzz::claim(same(whole.requests[at], cut.requests[at]), "a request in pieces is the same request");
}
