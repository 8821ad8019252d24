#include "core/http/request_reader.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl::serve {

namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

bool parse_size(std::string_view text, int base, size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool RequestReader::set_error(int status, std::string message) {
  state_ = State::failed;
  error_status_ = status;
  error_ = std::move(message);
  return false;
}

size_t RequestReader::feed(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && (state_ == State::idle || state_ == State::head || state_ == State::body)) {
    const std::string_view rest = bytes.substr(taken);
    taken += state_ == State::body ? feed_body(rest) : feed_head(rest);
  }
  return taken;
}

void RequestReader::proceed() {
  if (state_ == State::awaiting) state_ = State::body;
}

size_t RequestReader::feed_head(std::string_view bytes) {
  // Empty lines before a request line are ignored (RFC 9112 §2.2): one or two of them, which some old clients
  // send after a body.
  if (state_ == State::idle && (bytes.front() == '\r' || bytes.front() == '\n')) {
    if (++blank_bytes_ > limits_->blank_bytes) set_error(400, "empty lines where a request should be");
    return 1;
  }
  state_ = State::head;
  const size_t before = head_.size();
  // With its last four bytes, which may come one by one.
  const size_t most = limits_->head_bytes + 4;
  head_.append(bytes.substr(0, most - before));
  const size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string::npos) {
    if (head_.size() == most) {
      set_error(431, fmt::format("the request's header is larger than {}", human_bytes(limits_->head_bytes)));
    }
    return head_.size() - before;
  }
  head_.resize(end + 2);
  parse_head();
  return end + 4 - before;
}

void RequestReader::parse_head() {
  std::string_view rest = head_;
  bool first = true;
  while (!rest.empty()) {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    if (!(first ? parse_request_line(line) : parse_header(line))) return;
    first = false;
    rest.remove_prefix(end + 2);
  }
  if (choose_framing()) state_ = chunked_ || body_left_ > 0 ? State::awaiting : State::done;
}

bool RequestReader::parse_request_line(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || has_control(line)) {
    return set_error(400, "malformed request line");
  }
  const std::string_view method = line.substr(0, first), version = line.substr(last + 1);
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || target.empty() || target.find(' ') != std::string_view::npos) {
    return set_error(400, "malformed request line");
  }
  if (!version.starts_with("HTTP/")) return set_error(400, "malformed request line");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return set_error(505, "only HTTP/1.1 is spoken here");
  old_version_ = version == "HTTP/1.0";
  if (target.starts_with("http://") || target.starts_with("https://")) {  // the form sent to proxies
    target.remove_prefix(target.find("://") + 3);
    target.remove_prefix(std::min(target.find('/'), target.size()));
    if (target.empty()) target = "/";
  }
  if (target.front() != '/' && target != "*") return set_error(400, "malformed request target");
  const size_t question = target.find('?');
  Result<std::string> path = percent_decode(target.substr(0, question));
  if (!path) return set_error(400, path.error().message);
  request_.method = method;
  request_.path = std::move(*path);
  if (question != std::string_view::npos) request_.query = target.substr(question + 1);
  return true;
}

bool RequestReader::parse_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || has_control(line)) {
    return set_error(400, "malformed header line");
  }
  request_.headers.emplace_back(to_lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
  return true;
}

bool RequestReader::choose_framing() {
  bool has_length = false, has_host = false;
  std::string connection;
  for (const auto& [name, value] : request_.headers) {
    if (name == "host") {
      if (std::exchange(has_host, true)) return set_error(400, "two Host headers");
    } else if (name == "content-length") {
      const size_t before = body_left_;
      if (!parse_size(value, 10, body_left_)) return set_error(400, "malformed Content-Length");
      if (std::exchange(has_length, true) && before != body_left_) {
        return set_error(400, "two Content-Length headers");
      }
    } else if (name == "transfer-encoding") {
      if (to_lower(value) != "chunked" || chunked_) {
        return set_error(501, fmt::format("transfer encoding \"{}\" is not supported", value));
      }
      chunked_ = true;
    } else if (name == "connection") {
      connection = to_lower(value);
    } else if (name == "expect") {
      if (to_lower(value) != "100-continue") return set_error(417, "unknown expectation");
      wants_continue_ = true;
    }
  }
  if (!has_host && !old_version_) return set_error(400, "no Host header");
  if (chunked_ && (has_length || old_version_)) return set_error(400, "ambiguous body length");
  request_.keep_alive = old_version_ ? connection == "keep-alive" : connection != "close";
  if (body_left_ > limits_->body_bytes) {
    return set_error(413, fmt::format("the body is larger than {}", human_bytes(limits_->body_bytes)));
  }
  return true;
}

// Takes memory as the bytes arrive, whatever length was announced, and never more than a known length.
void RequestReader::append_body(std::string_view bytes) {
  std::string& body = request_.body;
  const size_t size = body.size() + bytes.size();
  if (size > body.capacity()) {
    const size_t known = chunked_ ? limits_->body_bytes : body.size() + body_left_;
    body.reserve(std::max(size, std::min(known, body.capacity() * 2)));
  }
  body.append(bytes);
  body_left_ -= bytes.size();
}

size_t RequestReader::feed_body(std::string_view bytes) {
  if (chunked_) return feed_chunked(bytes);
  const size_t taken = std::min(body_left_, bytes.size());
  append_body(bytes.substr(0, taken));
  if (body_left_ == 0) state_ = State::done;
  return taken;
}

size_t RequestReader::feed_chunked(std::string_view bytes) {
  if (chunk_ == Chunk::data) {
    const size_t taken = std::min(body_left_, bytes.size());
    append_body(bytes.substr(0, taken));
    if (body_left_ == 0) chunk_ = Chunk::data_end;
    return taken;
  }
  const size_t end = bytes.find('\n');
  const size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
  line_.append(bytes.substr(0, taken));
  line_bytes_ += taken;
  if (line_.size() > 4096) {
    set_error(400, "chunk header too long");
  } else if (line_bytes_ > limits_->framing_bytes + request_.body.size()) {
    set_error(400,
              fmt::format("more than {} of chunk headers and trailers", human_bytes(limits_->framing_bytes)));
  } else if (end != std::string_view::npos) {
    chunk_line();
  }
  return taken;
}

void RequestReader::chunk_line() {
  const std::string line = std::exchange(line_, {});
  if (!line.ends_with("\r\n")) {
    set_error(400, "malformed chunk");
    return;
  }
  const std::string_view text = std::string_view(line).substr(0, line.size() - 2);
  if (chunk_ == Chunk::trailer) {
    if (text.empty()) state_ = State::done;
  } else if (chunk_ == Chunk::data_end) {
    chunk_ = Chunk::size;
    if (!text.empty()) set_error(400, "malformed chunk");
  } else if (!parse_size(text.substr(0, text.find(';')), 16, body_left_)) {
    set_error(400, "malformed chunk size");
  } else if (body_left_ > limits_->body_bytes - request_.body.size()) {
    set_error(413, fmt::format("the body is larger than {}", human_bytes(limits_->body_bytes)));
  } else {
    chunk_ = body_left_ == 0 ? Chunk::trailer : Chunk::data;
  }
}

HttpRequest RequestReader::take() {
  HttpRequest request = std::move(request_);
  *this = RequestReader(*limits_);
  return request;
}

std::string serialize(const HttpResponse& response, bool keep_alive, bool head_only) {
  std::string text;
  text.reserve(response.body.size() + 256);
  fmt::format_to(std::back_inserter(text), "HTTP/1.1 {} {}\r\n", response.status,
                 http_reason(response.status));
  if (!response.body.empty()) {
    fmt::format_to(std::back_inserter(text), "content-type: {}\r\n", response.content_type);
  }
  fmt::format_to(std::back_inserter(text), "content-length: {}\r\n", response.body.size());
  for (const auto& [name, value] : response.headers) {
    fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
  }
  text += keep_alive ? "\r\n" : "connection: close\r\n\r\n";
  if (!head_only) text += response.body;
  return text;
}

}  // namespace mlctl::serve
