#include "core/serve/service.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/base/unforeseen.h"
#include "core/base/version.h"
#include "core/serve/responses.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;

// When this many bodies wait, the next is refused; each one holds its share of the bytes of all
// connections.
constexpr size_t kWaitingBodies = 256;

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string dump(const Json& document) {
  return dump_json(document);
}

// Both are digests, so neither length nor a shared beginning shows in the time.
bool equal_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t at = 0; at < std::min(a.size(), b.size()); ++at) {
    difference |= static_cast<unsigned char>(a[at]) ^ static_cast<unsigned char>(b[at]);
  }
  return difference == 0;
}

}  // namespace

struct Service::Call {
  double arrived = now_seconds();
  bool infer = false;  // the Open Inference Protocol's, else POST /predict's
  ReadBody body;
  Budget::Share working;  // the memory that reading, and then the examples, take
};

Service::Service(const Model& model, ServiceOptions options, Cells cells)
    : model_(&model),
      options_(std::move(options)),
      reader_(model, options_.body),
      working_(options_.body.working_bytes),
      cells_(std::move(cells)) {
  if (!options_.token.empty()) token_digest_ = sha256_hex(options_.token);
  metrics_ = std::make_unique<Metrics>(cells_, options_.name, options_.version);
  sketch_ = std::make_unique<Sketch>(cells_, Metrics::kCells, model.statistics);
}

Result<std::unique_ptr<Service>> Service::open(const Model& model, EncodedPredictor& predictor,
                                               ServiceOptions options) {
  Cells cells = TRY(Cells::open(options.counters, Metrics::kCells + Sketch::cells_needed(model.statistics)));
  std::unique_ptr<Service> service(new Service(model, std::move(options), std::move(cells)));
  service->predictor_ = &predictor;
  return service;
}

Result<> Service::start_threads() {
  return guarded([&]() -> Result<> {
    batcher_ = std::make_unique<Batcher>(
        *predictor_, options_.batch,
        [metrics = metrics_.get()](int64_t examples, std::span<const double> queue_seconds) {
          metrics->batch(examples, queue_seconds);
        });
    pool_ = std::make_unique<TaskPool>(options_.reading_threads, kWaitingBodies);
    return {};
  });
}

Result<> Service::warm_up() {
  TRY(start_threads());
  Encoded encoded;
  Example example;
  const ImagePreprocess& image = model_->preprocess.image;
  example.pixels = {image.width, image.height, image.channels, {}};
  example.pixels.data.resize(static_cast<size_t>(image.width * image.height * image.channels));
  example.fields.resize(std::max<size_t>(2, model_->preprocess.table.columns.size()));
  if (model_->network.input.kind == InputKind::table) {
    example.fields.resize(model_->preprocess.table.columns.size());
  }
  const Encoder encoder(*model_);
  TRY(encode(encoder, *model_, example, encoded));
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
  if (path == "/v2/stats") return stats();
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text()};
  const std::optional<ModelPath> place = model_path(path);
  if (place && is_served(*place)) {
    if (place->rest.empty()) {
      return {200, "application/json", dump(model_metadata(*model_, options_.name, options_.version))};
    }
    if (place->rest == "ready") {
      return ready ? HttpResponse{200, "application/json", dump({{"name", options_.name}, {"ready", true}})}
                   : error_response(503, fmt::format("model {} is not ready", options_.name));
    }
    if (place->rest == "stats") return stats();
  }
  known = false;
  return {};
}

std::optional<HttpResponse> Service::refuse(const HttpRequest& head) const {
  return refusal(head, trimmed_path(head));
}

std::optional<HttpResponse> Service::refusal(const HttpRequest& head, const std::string& path) const {
  const bool infer = is_inference(path);
  if (!path.starts_with("/v2/health/") && !authorized(head)) {  // probes carry no token
    HttpResponse refused = error_response(401, "a valid bearer token is needed");
    return infer ? count({}, std::move(refused)) : refused;
  }
  if (infer) return refuse_inference(head, path);
  if (head.method == "GET" || head.method == "HEAD") return std::nullopt;
  bool known = true;
  (void)answer_get(path, known);
  if (!known) return error_response(404, fmt::format("nothing at {}", path));
  return HttpResponse{405, "application/json", R"({"error":"use GET"})", {{"allow", "GET"}}};
}

std::optional<HttpResponse> Service::refuse_inference(const HttpRequest& head,
                                                      const std::string& path) const {
  if (head.method != "POST") {
    return count({}, {405, "application/json", R"({"error":"use POST"})", {{"allow", "POST"}}});
  }
  const std::optional<ModelPath> place = model_path(path);
  if (place && !is_served(*place)) {
    return count({},
                 error_response(404, fmt::format("no model {}{}{} here", place->model,
                                                 place->version.empty() ? "" : " version ", place->version)));
  }
  const std::string_view coding = header(head.headers, "content-encoding");
  if (!coding.empty() && to_lower(coding) != "identity") {
    return count({}, error_response(415, fmt::format("Content-Encoding: {} is not supported", coding),
                                    "send the body as it is, without compression"));
  }
  if (to_lower(header(head.headers, "content-type")).starts_with("multipart/")) {
    return count({},
                 error_response(415, "a multipart form is not supported",
                                "send the picture or the rows as the body itself: curl --data-binary @FILE"));
  }
  return std::nullopt;
}

std::optional<HttpResponse> Service::handle(HttpRequest&& request, HttpServer::Reply reply) {
  const std::string path = trimmed_path(request);
  if (std::optional<HttpResponse> refused = refusal(request, path)) return refused;
  if (!is_inference(path)) {
    bool known = true;
    HttpResponse response = answer_get(path, known);
    return known ? response : error_response(404, fmt::format("nothing at {}", path));
  }
  auto call = std::make_shared<Call>();
  call->infer = path != "/predict";
  if (!reader_.is_small(request, call->infer)) return start_later(call, std::move(request), std::move(reply));
  return safely(*call, [&] { return start(call, request, std::move(reply)); });
}

// Returns what `step` answers, if it answers already. An exception is always the server's fault.
template <class Step>
std::optional<HttpResponse> Service::safely(const Call& call, const Step& step) const {
  std::optional<HttpResponse> response;
  const Result<> done = guarded([&]() -> Result<> {
    response = step();
    return {};
  });
  return done ? std::move(response) : count(call, failed_run(done.error()));
}

// Small bodies are read where they arrive: handing them to another thread and waking it takes longer than
// reading a row does. What is_small() lets through takes a few milliseconds at the very worst.
std::optional<HttpResponse> Service::start(const Shared& call, const HttpRequest& request,
                                           HttpServer::Reply reply) {
  Result<ReadBody> body = reader_.read(request, call->infer, *sketch_);
  if (!body) return count(*call, response_of(body.error()));
  call->body = std::move(*body);
  if (call->working.bytes() == 0) call->working = working_.share();
  if (!call->working.resize(bytes_of(call->body.encoded) + call->body.inputs.bytes())) {
    return count(*call,
                 error_response(503, fmt::format("the examples that wait for the model hold {} already",
                                                 human_bytes(working_.whole()))));
  }
  ++metrics_->in_flight;
  Encoded examples = std::exchange(call->body.encoded, {});
  const bool accepted = batcher_->submit(
      std::move(examples), [this, call, reply = std::move(reply)](const Result<std::vector<float>>& outputs) {
        const Result<HttpResponse> done =
            guarded([&]() -> Result<HttpResponse> { return finish(*call, outputs); });
        HttpResponse response = count(*call, done ? *done : failed_run(done.error()));
        call->working = {};
        --metrics_->in_flight;
        reply(std::move(response));
      });
  if (accepted) return std::nullopt;
  --metrics_->in_flight;
  return count(*call, error_response(429, "too many requests wait for the model"));
}

std::optional<HttpResponse> Service::start_later(const Shared& call, HttpRequest&& request,
                                                 HttpServer::Reply reply) {
  auto body = std::make_shared<HttpRequest>(std::move(request));
  const bool accepted = pool_->submit([this, call, body = std::move(body), reply](double waited) mutable {
    std::optional<HttpResponse> response =
        safely(*call, [&] { return start_in_turn(call, *body, waited, reply); });
    body.reset();
    if (response) reply(std::move(*response));
  });
  if (accepted) return std::nullopt;
  return count(*call, error_response(503, fmt::format("{} bodies wait to be read already", kWaitingBodies)));
}

// On a thread of the pool: waits for the memory that reading will take.
std::optional<HttpResponse> Service::start_in_turn(const Shared& call, const HttpRequest& request,
                                                   double waited, const HttpServer::Reply& reply) {
  if (waited > options_.batch.max_wait) {
    return count(*call, error_response(503, "the request waited too long to be read"));
  }
  const Result<size_t> cost = reader_.cost(request, call->infer);
  if (!cost) return count(*call, response_of(cost.error()));
  call->working = working_.wait_for(*cost);
  return start(call, request, reply);
}

HttpResponse Service::finish(const Call& call, const Result<std::vector<float>>& outputs) const {
  if (!outputs) return failed_run(outputs.error());
  const auto width = static_cast<size_t>(model_->network.outputs);
  const ReadBody& body = call.body;
  for (size_t at = 0; at * width < outputs->size(); ++at) {
    if (is_finite(*model_, std::span(*outputs).subspan(at * width, width))) continue;
    const Error error = not_finite(body.protocol ? fmt::format("example {}", at) : body.inputs.place(at));
    return error_response(422, sentence(error), error.hint);
  }
  if (!body.protocol) return predict_response(*model_, body.inputs, *outputs);
  const Result<HttpResponse> response =
      infer_response(*model_, *body.protocol, options_.name, options_.version, *outputs);
  return response ? *response : response_of(response.error());
}

void Service::report(const std::string& trouble) const {
  if (options_.trouble) options_.trouble(trouble);
}

void Service::count_refused(int status) const {
  metrics_->request(status, 0);
  if (options_.refused) options_.refused(status, http_reason(status));
}

HttpResponse Service::count(const Call& call, HttpResponse response) const {
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

// Statistics reveal the training data and what callers send, so not everybody may read them.
HttpResponse Service::stats() const {
  if (!options_.open_to_all) return {200, "application/json", stats_text()};
  return error_response(403, "this server is open to everybody, and so gives no statistics",
                        "serve it with --token-file, or on 127.0.0.1");
}

bool Service::is_served(const ModelPath& place) const {
  return place.model == options_.name && (place.version.empty() || place.version == options_.version);
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
