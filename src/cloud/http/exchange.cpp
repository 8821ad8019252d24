#include "cloud/http/exchange.h"

#include <utility>  // Boost 1.74 needs it first under C++20

#include <boost/beast/core/buffers_prefix.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <memory>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl::http {

namespace {

namespace beast = boost::beast::http;
using Parser = beast::response_parser<beast::buffer_body>;
using Code = boost::system::error_code;

constexpr size_t kBuffer = size_t{256} << 10;

std::string head_of(const Request& request) {
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) head += name + ": " + value + "\r\n";
  if (request.produce == nullptr && (request.expects_body || !request.body.empty()))
    head += fmt::format("content-length: {}\r\n", request.body.size());
  if (request.produce != nullptr) head += fmt::format("content-length: {}\r\n", request.produced_size);
  return head + "\r\n";
}

// How sending a request failed. A failure of the body's source is the caller's matter; a connection that
// was cut off may still have brought an answer.
struct Sent {
  Result<> connection;
  Result<> source;
};

Sent send(Connection& connection, const Request& request) {
  Sent sent{connection.send(head_of(request), request.body), {}};
  if (request.produce == nullptr || !sent.connection) return sent;
  sent.source = (*request.produce)([&](std::string_view piece) -> Result<> {
    sent.connection = connection.send({}, piece);
    return sent.connection;
  });
  if (!sent.connection) sent.source = {};
  return sent;
}

Error malformed(const Connection& connection, std::string_view why) {
  return {Exit::network, fmt::format("{} sent a broken answer: {}", connection.peer().host, why), {}, {}, {}};
}

Response head_of(const Parser& parser) {
  Response response{static_cast<int>(parser.get().result_int()), {}, {}, false};
  for (const auto& field : parser.get()) {
    const std::string_view name(field.name_string().data(), field.name_string().size());
    response.headers.emplace_back(to_lower(name), std::string(field.value().data(), field.value().size()));
  }
  return response;
}

// Reads a response: its head through the parser, a body of known length straight to the sink.
class Reader {
 public:
  Reader(Connection& connection, const Sink* sink) : connection_(connection), sink_(sink) {}

  // The bytes received after the end of the answer.
  std::string rest() const { return {buffer_.get() + from_, to_ - from_}; }

  Result<Response> read(bool without_body, Progress& progress) {
    do TRY(read_head(without_body, progress));
    while (parser_->get().result_int() / 100 == 1 && parser_->get().result_int() != 101);  // 100 Continue
    response_ = head_of(*parser_);
    if (response_.status < 100) return fail(malformed(connection_, "its status is none"));
    if (sink_ != nullptr && sink_->begin && response_.status / 100 == 2) TRY(sink_->begin(response_));
    if (response_.status == 101) return std::move(response_);
    const bool sized = parser_->content_length() && !parser_->chunked();
    if (!without_body && !parser_->is_done())
      TRY(sized ? read_sized(*parser_->content_length()) : read_parsed());
    response_.keep = parser_->keep_alive() && from_ == to_;
    return std::move(response_);
  }

 private:
  Result<> read_head(bool without_body, Progress& progress) {
    parser_ = std::make_unique<Parser>();
    parser_->header_limit(64 << 10);
    parser_->body_limit(boost::none);
    parser_->skip(without_body);
    for (;;) {
      if (from_ < to_) {
        Code code;
        from_ += parser_->put(boost::asio::buffer(buffer_.get() + from_, to_ - from_), code);
        if (parser_->is_header_done()) return {};
        if (code && code != beast::error::need_more) return fail(malformed(connection_, code.message()));
      }
      if (TRY(fill()) == 0) return fail(malformed(connection_, "it ends before its headers do"));
      progress.answered = true;
    }
  }

  // Moves what is left to the front and receives behind it.
  Result<size_t> fill() {
    std::copy(buffer_.get() + from_, buffer_.get() + to_, buffer_.get());
    to_ -= from_;
    from_ = 0;
    if (to_ == kBuffer) return fail(malformed(connection_, "its headers are too large"));
    const size_t got = TRY(connection_.receive(buffer_.get() + to_, kBuffer - to_));
    to_ += got;
    return got;
  }

  Result<> take(std::string_view bytes) {
    if (sink_ != nullptr && response_.status / 100 == 2) return sink_->take(bytes);
    if (response_.body.size() + bytes.size() > connection_.options().max_body)
      return fail(malformed(connection_, "it is too large"));
    response_.body += bytes;
    return {};
  }

  Result<> read_sized(uint64_t size) {
    while (size > 0) {
      if (from_ == to_) {
        from_ = to_ = 0;
        if (TRY(fill()) == 0)
          return fail(malformed(connection_, fmt::format("{} are missing at its end", plural(size, "byte"))));
      }
      const auto next = static_cast<size_t>(std::min<uint64_t>(size, to_ - from_));
      TRY(take({buffer_.get() + from_, next}));
      from_ += next;
      size -= next;
    }
    return {};
  }

  // Chunked, or until the peer closes.
  Result<> read_parsed() {
    parser_->eager(true);
    auto piece = std::make_unique<char[]>(kBuffer);
    while (!parser_->is_done()) {
      if (from_ == to_ && TRY(fill()) == 0) {
        Code code;
        parser_->put_eof(code);
        return code ? Result<>(fail(malformed(connection_, code.message()))) : Result<>();
      }
      auto& body = parser_->get().body();
      body.data = piece.get();
      body.size = kBuffer;
      Code code;
      const size_t used = parser_->put(boost::asio::buffer(buffer_.get() + from_, to_ - from_), code);
      from_ += used;
      if (const size_t got = kBuffer - body.size; got > 0) TRY(take({piece.get(), got}));
      if (code == beast::error::need_more || (!code && used == 0 && !parser_->is_done())) {
        if (TRY(fill()) == 0) return fail(malformed(connection_, "its chunks end early"));
      } else if (code && code != beast::error::need_buffer) {
        return fail(malformed(connection_, code.message()));
      }
    }
    return {};
  }

  Connection& connection_;
  const Sink* sink_;
  std::unique_ptr<Parser> parser_;
  std::unique_ptr<char[]> buffer_{new char[kBuffer]};
  size_t from_ = 0, to_ = 0;  // what is received and not yet used
  Response response_;
};

}  // namespace

Result<Response> exchange(Connection& connection, const Request& request, const Sink* sink,
                          Progress& progress) {
  TRY(check_sendable(request.method, request.target, request.headers));
  const Sent sent = send(connection, request);
  if (!sent.source) return fail(sent.source.error());
  // A server that refuses a body early may stop reading it; its answer can still be read.
  if (!sent.connection && sent.connection.error().code != Exit::network) return fail(sent.connection.error());
  Result<Response> response = Reader(connection, sink).read(request.method == "HEAD", progress);
  if (response && response->status == 101)
    return fail(malformed(connection, "it speaks another protocol from now on, which nobody asked for"));
  if (!sent.connection && response) response->keep = false;
  return sent.connection || progress.answered ? std::move(response) : fail(sent.connection.error());
}

Result<Upgrade> upgrade(Connection& connection, const Request& request) {
  TRY(check_sendable(request.method, request.target, request.headers));
  const Sent sent = send(connection, request);
  if (!sent.source) return fail(sent.source.error());
  if (!sent.connection) return fail(sent.connection.error());
  Reader reader(connection, nullptr);
  Progress progress;
  Upgrade upgraded;
  upgraded.response = TRY(reader.read(false, progress));
  if (upgraded.response.status == 101) upgraded.rest = reader.rest();
  return upgraded;
}

}  // namespace mlctl::http
