#include "core/serve/service.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/base/version.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string dump(const Json& document) {
  return dump_json(document);
}

HttpResponse error_response(int status, const std::string& message, const std::string& hint = {}) {
  Json document = {{"error", message}};
  if (!hint.empty()) document["hint"] = hint;
  HttpResponse response{status, "application/json", dump(document)};
  if (status == 429 || status == 503) response.headers.emplace_back("retry-after", "1");
  if (status == 401) response.headers.emplace_back("www-authenticate", "Bearer");
  return response;
}

int status_of(Exit code) {
  switch (code) {
    case Exit::data:
    case Exit::usage:
      return 400;
    case Exit::not_found:
      return 404;
    case Exit::timeout:
      return 503;
    default:
      return 500;
  }
}

HttpResponse response_of(const Error& error) {
  return error_response(status_of(error.code), sentence(error), error.hint);
}

// Both are digests, so neither length nor a shared beginning shows in the time.
bool equal_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t at = 0; at < std::min(a.size(), b.size()); ++at) {
    difference |= static_cast<unsigned char>(a[at]) ^ static_cast<unsigned char>(b[at]);
  }
  return difference == 0;
}

Format format_of(std::string_view content_type, std::string_view body) {
  if (content_type.find("text/csv") != std::string_view::npos) return Format::csv;
  if (content_type.find("ndjson") != std::string_view::npos ||
      content_type.find("jsonl") != std::string_view::npos) {
    return Format::jsonl;
  }
  if (content_type.find("text/plain") != std::string_view::npos) return Format::lines;
  if (content_type.find("json") != std::string_view::npos) return Format::json;
  const std::string_view text = trim(body.substr(0, 4096));
  return text.starts_with('{') || text.starts_with('[') ? Format::json : Format::lines;
}

// "/v2/models/NAME[/versions/V][/REST]" in parts.
struct ModelPath {
  std::string model, version, rest;
};
std::optional<ModelPath> model_path(const std::string& path) {
  const std::vector<std::string> parts = split(path.substr(1), '/');
  if (parts.size() < 3 || parts[0] != "v2" || parts[1] != "models") return std::nullopt;
  const bool versioned = parts.size() > 4 && parts[3] == "versions";
  const size_t rest = versioned ? 5 : 3;
  if (parts.size() > rest + 1) return std::nullopt;
  return ModelPath{parts[2], versioned ? parts[4] : "", parts.size() > rest ? parts[rest] : ""};
}

}  // namespace

struct Service::Call {
  double arrived = now_seconds();
  std::vector<Json> inputs;              // predict: how each answer names its input
  std::optional<InferRequest> protocol;  // the Open Inference Protocol's request
};

Service::Service(const Model& model, ServiceOptions options, Cells cells)
    : model_(&model), options_(std::move(options)), encoder_(model), cells_(std::move(cells)) {
  if (!options_.token.empty()) token_digest_ = sha256_hex(options_.token);
  metrics_ = std::make_unique<Metrics>(cells_, options_.name, options_.version);
  sketch_ = std::make_unique<Sketch>(cells_, Metrics::kCells, model.statistics);
}

Result<std::unique_ptr<Service>> Service::open(const Model& model, Predictor& predictor,
                                               ServiceOptions options) {
  Cells cells = TRY(Cells::open(options.counters, Metrics::kCells + Sketch::cells_needed(model.statistics)));
  std::unique_ptr<Service> service(new Service(model, std::move(options), std::move(cells)));
  service->batcher_ = std::make_unique<Batcher>(
      predictor, service->options_.batch,
      [metrics = service->metrics_.get()](int64_t examples, std::span<const double> queue_seconds) {
        metrics->batch(examples, queue_seconds);
      });
  return service;
}

Result<> Service::warm_up() {
  Encoded encoded;
  Example example;
  const ImagePreprocess& image = model_->preprocess.image;
  example.pixels = {image.width, image.height, image.channels, {}};
  example.pixels.data.resize(static_cast<size_t>(image.width * image.height * image.channels));
  example.fields.resize(std::max<size_t>(2, model_->preprocess.table.columns.size()));
  if (model_->network.input.kind == InputKind::table) {
    example.fields.resize(model_->preprocess.table.columns.size());
  }
  TRY(encode(encoder_, *model_, example, encoded));
  Result<> outcome;
  std::atomic<bool> done = false;
  batcher_->submit(std::move(encoded), [&](Result<std::vector<float>> outputs) {
    if (!outputs) outcome = fail(outputs.error());
    done = true;
    done.notify_one();
  });
  done.wait(false);
  if (!outcome) return outcome;
  metrics_->loaded_at =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  metrics_->ready = true;
  return {};
}

bool Service::authorized(const HttpRequest& request) const {
  if (token_digest_.empty()) return true;
  std::string_view value = header(request.headers, "authorization");
  if (!to_lower(value.substr(0, 7)).starts_with("bearer ")) return false;
  return equal_constant_time(sha256_hex(trim(value.substr(7))), token_digest_);
}

// `known` tells a path that does not exist from one that exists for other verbs.
HttpResponse Service::answer_get(const std::string& path, bool& known) const {
  const bool ready = metrics_->ready;
  if (path == "/" || path == "/v2") {
    return {200, "application/json",
            dump({{"name", "mlctl"}, {"version", mlctl::version()}, {"extensions", {"binary_tensor_data"}}})};
  }
  if (path == "/v2/health/live") return {200, "application/json", R"({"live":true})"};
  if (path == "/v2/health/ready") {
    return ready ? HttpResponse{200, "application/json", R"({"ready":true})"}
                 : error_response(503, "not ready");
  }
  if (path == "/v2/models") {
    const Json model = model_metadata(*model_, options_.name, options_.version);
    return {200, "application/json", dump({{"models", Json::array({model})}})};
  }
  if (path == "/v2/stats") return {200, "application/json", stats_text()};
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text()};
  const std::optional<ModelPath> place = model_path(path);
  if (place && place->model == options_.name &&
      (place->version.empty() || place->version == options_.version)) {
    if (place->rest.empty()) {
      return {200, "application/json", dump(model_metadata(*model_, options_.name, options_.version))};
    }
    if (place->rest == "ready") {
      return ready ? HttpResponse{200, "application/json", dump({{"name", options_.name}, {"ready", true}})}
                   : error_response(503, fmt::format("model {} is not ready", options_.name));
    }
    if (place->rest == "stats") return {200, "application/json", stats_text()};
  }
  known = false;
  return {};
}

std::optional<HttpResponse> Service::handle(HttpRequest&& request, HttpServer::Reply reply) {
  std::string path = request.path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const bool health = path.starts_with("/v2/health/");  // probes carry no token
  const std::optional<ModelPath> place = model_path(path);
  const bool infer = path == "/predict" || (place && place->rest == "infer");
  auto call = std::make_shared<Call>();
  if (!health && !authorized(request)) {
    HttpResponse refused = error_response(401, "a valid bearer token is needed");
    return infer ? count(*call, std::move(refused)) : refused;
  }
  if (!infer) {
    bool known = true;
    HttpResponse response = answer_get(path, known);
    if (!known) return error_response(404, fmt::format("nothing at {}", path));
    const bool get = request.method == "GET" || request.method == "HEAD";
    if (!get) return HttpResponse{405, "application/json", R"({"error":"use GET"})", {{"allow", "GET"}}};
    return response;
  }
  if (request.method != "POST") {
    return count(*call, {405, "application/json", R"({"error":"use POST"})", {{"allow", "POST"}}});
  }
  if (path == "/predict") return start(call, read_predict(request, *call), std::move(reply));
  if (place->model != options_.name || (!place->version.empty() && place->version != options_.version)) {
    return count(*call,
                 error_response(404, fmt::format("no model {}{}{} here", place->model,
                                                 place->version.empty() ? "" : " version ", place->version)));
  }
  return start(call, read_infer(request, *call), std::move(reply));
}

void Service::count_all(const std::vector<Example>& examples) const {
  for (const Example& example : examples) count_features(*sketch_, *model_, example);
}

Result<Encoded> Service::read_infer(const HttpRequest& request, Call& call) const {
  size_t json_size = request.body.size();
  const std::string_view given = header(request.headers, "inference-header-content-length");
  if (!given.empty()) {
    const Result<int64_t> size = parse_int(given);
    if (!size || *size < 0) return fail(Exit::data, "malformed Inference-Header-Content-Length");
    json_size = static_cast<size_t>(*size);
  }
  call.protocol = TRY(parse_infer(request.body, json_size));
  const std::vector<Example> examples = TRY(examples_of(*model_, *call.protocol));
  Encoded encoded;
  for (const Example& example : examples) TRY(encode(encoder_, *model_, example, encoded));
  count_all(examples);
  return encoded;
}

Result<Encoded> Service::read_predict(const HttpRequest& request, Call& call) const {
  std::vector<Example> examples;
  Encoded encoded;
  const auto add = [&](Example&& example) -> Result<> {
    TRY(encode(encoder_, *model_, example, encoded));
    examples.push_back(std::move(example));
    return {};
  };
  const std::string_view content_type = header(request.headers, "content-type");
  const bool json = content_type.find("json") != std::string_view::npos;
  if (model_->network.input.kind == InputKind::image && !json) {
    Result<Example> example = image_example(*model_, request.body, "image");
    if (!example) return fail(example.error());
    TRY(add(std::move(*example)));
  } else {
    TRY(read_examples(*model_, request.body, format_of(content_type, request.body), "body", add));
  }
  if (examples.empty()) return fail(Exit::data, "the body holds no examples");
  count_all(examples);
  for (Example& example : examples) call.inputs.push_back(std::move(example.input));
  return encoded;
}

std::optional<HttpResponse> Service::start(Shared call, Result<Encoded> encoded, HttpServer::Reply reply) {
  if (!encoded) return count(*call, response_of(encoded.error()));
  ++metrics_->in_flight;
  const bool accepted =
      batcher_->submit(std::move(*encoded), [this, call, reply = std::move(reply)](auto outputs) {
        HttpResponse response = count(*call, finish(*call, std::move(outputs)));
        --metrics_->in_flight;
        reply(std::move(response));
      });
  if (accepted) return std::nullopt;
  --metrics_->in_flight;
  return count(*call, error_response(429, "too many requests wait for the model"));
}

HttpResponse Service::finish(Call& call, Result<std::vector<float>> outputs) {
  if (!outputs) return response_of(outputs.error());
  const bool finite =
      std::all_of(outputs->begin(), outputs->end(), [](float value) { return std::isfinite(value); });
  if (!finite) return error_response(500, "the model's output is not a finite number");
  if (call.protocol) {
    const Result<HttpResponse> response =
        infer_response(*model_, *call.protocol, options_.name, options_.version, *outputs);
    return response ? *response : response_of(response.error());
  }
  const auto width = static_cast<size_t>(model_->network.outputs);
  std::string lines;
  for (size_t at = 0; at < call.inputs.size(); ++at) {
    lines +=
        dump(prediction(*model_, std::move(call.inputs[at]), std::span(*outputs).subspan(at * width, width)));
    lines += '\n';
  }
  return {200, call.inputs.size() == 1 ? "application/json" : "application/x-ndjson", std::move(lines)};
}

void Service::count_refused(int status) const {
  metrics_->request(status, 0);
  if (options_.refused) options_.refused(status, http_reason(status));
}

HttpResponse Service::count(const Call& call, HttpResponse response) {
  metrics_->request(response.status, now_seconds() - call.arrived);
  if (response.status >= 400 && options_.refused) options_.refused(response.status, response.body);
  return response;
}

std::string Service::metrics_text() const {
  MetricsText text;
  text.family("mlctl_build_info", "gauge", "The program and the model that run here.");
  text.sample("mlctl_build_info", {{"version", mlctl::version()}, {"model_digest", options_.model_digest}},
              1);
  metrics_->write(text);
  write_process_metrics(text);
  return text.take();
}

// The training statistics and the counts since the revision began, feature by feature: all that drift needs.
std::string Service::stats_text() const {
  Json features = Json::array();
  const std::vector<FeatureCounts> counts = sketch_->counts();
  for (size_t at = 0; at < counts.size(); ++at) {
    const FeatureStats& stats = model_->statistics[at];
    Json reference = {{"count", stats.count}, {"missing", stats.missing}};
    if (stats.categorical) {
      Json values = Json::array();
      for (const auto& [value, number] : stats.values) values.push_back({value, number});
      reference["values"] = std::move(values);
    } else {
      reference["edges"] = stats.edges;
      reference["bins"] = stats.bins;
    }
    features.push_back({{"name", stats.name},
                        {"categorical", stats.categorical},
                        {"reference", std::move(reference)},
                        {"bins", counts[at].bins},
                        {"missing", counts[at].missing},
                        {"below", counts[at].below},
                        {"above", counts[at].above}});
  }
  return dump({{"apiVersion", "mlctl.dev/v1"},
               {"kind", "EndpointStatistics"},
               {"model", options_.name},
               {"revision", options_.version},
               {"digest", options_.model_digest},
               {"features", std::move(features)}});
}

}  // namespace mlctl::serve
