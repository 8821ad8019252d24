#include "cloud/http_client.h"

#include <utility>  // Boost 1.74 needs it first under C++20

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;
using Code = boost::system::error_code;

Error call_error(const Code& code, const Url& url, double timeout) {
  const std::string place = fmt::format("{}:{}", url.host, url.port);
  if (code == beast::error::timeout) {
    return {Exit::timeout,
            fmt::format("{} did not answer within {}", place, human_duration(timeout)),
            {},
            {},
            {}};
  }
  if (code == http::error::body_limit) {
    return {Exit::network, fmt::format("the answer of {} is too large", place), {}, {}, {}};
  }
  Error error{Exit::network, fmt::format("cannot reach {}: {}", place, code.message()), {}, {}, {}};
  if (code == asio::error::connection_refused)
    error.hint = "is it running? mlctl get endpoints lists what is";
  if (code.category() == asio::error::get_ssl_category()) {
    error.hint = "for a certificate of your own authority, point SSL_CERT_FILE at its CA file";
  }
  return error;
}

// A connection in the clear or through TLS, with the same few operations.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Code exchange(const Request& request, Parser& parser, double timeout) = 0;
};

// Runs one asynchronous operation to its end: the synchronous ones know no timeouts.
template <class Start>
Code run(asio::io_context& io, Start&& start) {
  Code outcome;
  start([&outcome](const Code& code, auto&&...) { outcome = code; });
  io.restart();
  io.run();
  return outcome;
}

template <class Stream>
Code exchange_on(asio::io_context& io, Stream& stream, beast::flat_buffer& buffer, const Request& request,
                 Parser& parser, double timeout) {
  beast::get_lowest_layer(stream).expires_after(
      std::chrono::milliseconds(static_cast<int64_t>(timeout * 1e3)));
  const Code sent = run(io, [&](auto done) { http::async_write(stream, request, done); });
  // A server that refuses a body early may stop reading, but its answer is there to be read.
  if (sent && sent != asio::error::broken_pipe && sent != asio::error::connection_reset) return sent;
  const Code read = run(io, [&](auto done) { http::async_read(stream, buffer, parser, done); });
  return sent && read ? sent : read;
}

class PlainConnection : public Connection {
 public:
  PlainConnection(asio::io_context& io, beast::tcp_stream stream) : io_(&io), stream_(std::move(stream)) {}
  Code exchange(const Request& request, Parser& parser, double timeout) override {
    return exchange_on(*io_, stream_, buffer_, request, parser, timeout);
  }

 private:
  asio::io_context* io_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
};

class TlsConnection : public Connection {
 public:
  TlsConnection(asio::io_context& io, beast::tcp_stream stream, asio::ssl::context& context)
      : io_(&io), stream_(std::move(stream), context) {}
  Code handshake(const std::string& host, double timeout) {
    if (SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str()) != 1) return asio::error::no_memory;
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(host));
    beast::get_lowest_layer(stream_).expires_after(
        std::chrono::milliseconds(static_cast<int64_t>(timeout * 1e3)));
    return run(*io_, [&](auto done) { stream_.async_handshake(asio::ssl::stream_base::client, done); });
  }
  Code exchange(const Request& request, Parser& parser, double timeout) override {
    return exchange_on(*io_, stream_, buffer_, request, parser, timeout);
  }

 private:
  asio::io_context* io_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
};

Request request_of(const Http::Call& call, const Url& url) {
  Request request;
  request.method_string(call.method);
  request.target(url.target);
  request.version(11);
  const bool usual = url.port == (url.scheme == "https" ? "443" : "80");
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  request.set(http::field::host, usual ? host : host + ":" + url.port);
  request.set(http::field::user_agent, "mlctl");
  for (const auto& [name, value] : call.headers) request.set(name, value);
  request.body() = call.body;
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT")
    request.content_length(call.body.size());
  return request;
}

HttpResponse response_of(Parser& parser) {
  auto message = parser.release();
  HttpResponse response{static_cast<int>(message.result_int()), "", std::move(message.body())};
  for (const auto& field : message) {
    std::string name = to_lower(std::string_view(field.name_string().data(), field.name_string().size()));
    std::string value(field.value().data(), field.value().size());
    if (name == "content-type") response.content_type = value;
    response.headers.emplace_back(std::move(name), std::move(value));
  }
  return response;
}

class BeastHttp : public Http {
 public:
  explicit BeastHttp(HttpClientOptions options) : options_(std::move(options)) {}

  Result<HttpResponse> send(const Call& call) override {
    const Url url = TRY(parse_url(call.url));
    TRY(check_sendable(call.method, url.target, call.headers));
    const std::string peer = url.scheme + "://" + url.host + ":" + url.port;
    const bool reused = connection_ != nullptr && peer == peer_;
    if (!reused) TRY(connect(url, peer, call.timeout));
    const Request request = request_of(call, url);
    std::unique_ptr<Parser> parser = new_parser(call);
    Code code = connection_->exchange(request, *parser, call.timeout);
    if (code && reused && code != beast::error::timeout && !parser->is_header_done()) {
      // The server closed the kept connection between two calls.
      TRY(connect(url, peer, call.timeout));
      parser = new_parser(call);
      code = connection_->exchange(request, *parser, call.timeout);
    }
    if (code || !parser->keep_alive()) connection_.reset();
    if (code) return fail(call_error(code, url, call.timeout));
    return response_of(*parser);
  }

 private:
  std::unique_ptr<Parser> new_parser(const Call& call) const {
    auto parser = std::make_unique<Parser>();
    parser->body_limit(options_.max_body);
    parser->skip(call.method == "HEAD");
    return parser;
  }

  Result<> connect(const Url& url, const std::string& peer, double timeout) {
    connection_.reset();
    Code code;
    Tcp::resolver resolver(io_);
    const auto addresses = resolver.resolve(url.host, url.port, code);
    if (code) return fail(call_error(code, url, timeout));
    beast::tcp_stream stream(io_);
    stream.expires_after(std::chrono::milliseconds(static_cast<int64_t>(timeout * 1e3)));
    code = run(io_, [&](auto done) { stream.async_connect(addresses, done); });
    if (code) return fail(call_error(code, url, timeout));
    stream.socket().set_option(Tcp::no_delay(true), code);
    if (url.scheme == "https") {
      TRY(prepare_tls());
      auto secure = std::make_unique<TlsConnection>(io_, std::move(stream), *tls_);
      code = secure->handshake(url.host, timeout);
      if (code) return fail(call_error(code, url, timeout));
      connection_ = std::move(secure);
    } else {
      connection_ = std::make_unique<PlainConnection>(io_, std::move(stream));
    }
    peer_ = peer;
    return {};
  }

  Result<> prepare_tls() {
    if (tls_) return {};
    tls_.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_2_VERSION);
    Code code;
    tls_->set_default_verify_paths(code);
    if (!options_.ca_file.empty()) {
      tls_->load_verify_file(options_.ca_file.string(), code);
      if (code)
        return fail(Exit::manifest, fmt::format("cannot read the CA file {}", options_.ca_file.string()));
    }
    return {};
  }

  HttpClientOptions options_;
  asio::io_context io_;  // before what lives on it
  std::optional<asio::ssl::context> tls_;
  std::unique_ptr<Connection> connection_;
  std::string peer_;
};

}  // namespace

std::unique_ptr<Http> make_http_client(HttpClientOptions options) {
  return std::make_unique<BeastHttp>(std::move(options));
}

}  // namespace mlctl
