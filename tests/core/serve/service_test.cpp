#include "core/serve/service.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <future>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/image/image.h"
#include "core/serve/model_of.h"

using namespace mlctl;
using namespace mlctl::serve;
using Json = nlohmann::ordered_json;

namespace {

struct Endpoint {
  explicit Endpoint(Model given, ServiceOptions options = {.name = "m"})
      : model(std::move(given)), predictor(model.network.outputs) {
    service = *Service::open(model, predictor, std::move(options));
    REQUIRE(service->warm_up());
  }

  HttpResponse call(const std::string& method, const std::string& path, const std::string& body = {},
                    HttpHeaders headers = {}) {
    std::promise<HttpResponse> promise;
    HttpRequest request{method, path, "", std::move(headers), body};
    const auto now =
        service->handle(std::move(request), [&](HttpResponse late) { promise.set_value(std::move(late)); });
    return now ? *now : promise.get_future().get();
  }
  HttpResponse predict(const std::string& body, const std::string& type) {
    return call("POST", "/predict", body, {{"content-type", type}});
  }
  HttpResponse infer(const std::string& body) { return call("POST", "/v2/models/m/infer", body); }

  Model model;
  test::EchoPredictor predictor;
  std::unique_ptr<Service> service;
};

std::string error_of(const HttpResponse& response) {
  return Json::parse(response.body).at("error").get<std::string>();
}

}  // namespace

TEST_CASE("the protocol's paths answer in both slash forms, to their verb alone") {
  Endpoint endpoint(test::text_model());
  const std::vector<std::pair<std::string, std::string>> gets = {
      {"/v2", R"("name":"mlctl")"},
      {"/v2/health/live", R"({"live":true})"},
      {"/v2/health/ready", R"({"ready":true})"},
      {"/v2/models/m", R"("platform":"mlctl_safetensors")"},
      {"/v2/models/m/versions/1", R"("inputs":[{"name":"text","datatype":"BYTES","shape":[-1]}])"},
      {"/v2/models/m/ready", R"({"name":"m","ready":true})"},
      {"/v2/models/m/versions/1/ready", R"({"name":"m","ready":true})"},
      {"/v2/models/m/stats", R"("kind":"EndpointStatistics")"},
      {"/metrics", "mlctl_model_ready{model=\"m\",version=\"1\"} 1\n"},
  };
  for (const auto& [path, part] : gets) {
    for (const std::string& form : {path, path + "/"}) {
      INFO(form);
      const HttpResponse response = endpoint.call("GET", form);
      CHECK(response.status == 200);
      CHECK(response.body.find(part) != std::string::npos);
      CHECK(endpoint.call("POST", form).status == 405);
    }
  }
  CHECK(endpoint.call("GET", "/v2/models/m/infer").status == 405);
  CHECK(endpoint.call("GET", "/predict").status == 405);
  for (const std::string path : {"/x", "/v2/models/other", "/v2/models/m/versions/2", "/v2/models/m/x",
                                 "/v2/models/m/versions/1/ready/x"}) {
    INFO(path);
    CHECK(endpoint.call("GET", path).status == 404);
  }
  CHECK(endpoint.call("POST", "/v2/models/other/infer", "{}").status == 404);
}

TEST_CASE("an inference by the protocol returns id, shapes and the outputs asked for") {
  Endpoint endpoint(test::table_model());
  const std::string inputs = R"("inputs":[{"name":"age","datatype":"FP32","shape":[2],"data":[3,-3]},)"
                             R"({"name":"city","datatype":"BYTES","shape":[2,1],"data":[["A"],["B"]]},)"
                             R"({"name":"member","datatype":"BOOL","shape":[2],"data":[true,false]}])";
  const HttpResponse all = endpoint.infer("{\"id\":\"7\"," + inputs + "}");
  REQUIRE(all.status == 200);
  const Json answer = Json::parse(all.body);
  CHECK(answer["id"] == "7");
  CHECK(answer["model_name"] == "m");
  CHECK(answer["outputs"][0]["name"] == "probabilities");
  CHECK(answer["outputs"][0]["shape"] == Json::array({2, 2}));
  CHECK(answer["outputs"][0]["data"].size() == 4);
  CHECK(answer["outputs"][1]["data"] == Json::array({"yes", "no"}));
  const HttpResponse one = endpoint.infer("{" + inputs + R"(,"outputs":[{"name":"label"}]})");
  CHECK(Json::parse(one.body)["outputs"].size() == 1);
  CHECK(error_of(endpoint.infer("{" + inputs + R"(,"outputs":[{"name":"x"}]})")) ==
        "the model has no output \"x\"");
}

TEST_CASE("malformed inferences are refused with 400 and the reason") {
  Endpoint endpoint(test::image_model());
  const auto image = [](const std::string& rest) { return R"({"inputs":[{"name":"image",)" + rest + "}]}"; };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "request"},
      {"{", "request"},
      {"{}", "inputs"},
      {R"({"inputs":[]})", "input image is missing"},
      {std::string(200, '['), "nested deeper than 100 levels"},
      {image(R"("datatype":"FP99","shape":[1,1,2,2],"data":[1,2,3,4])"), "unknown datatype"},
      {image(R"("datatype":"FP32","shape":[1,1,2,2],"data":[1,2,3])"), "data has 3 values"},
      {image(R"("datatype":"FP32","shape":[1,1,2,2],"data":[1,2,3,"4"])"), "is not FP32"},
      {image(R"("datatype":"UINT8","shape":[1,1,2,2],"data":[1,2,3,256])"), "256 is not UINT8"},
      {image(R"("datatype":"UINT8","shape":[1,1,2,2],"data":[1,2,3,1.5])"), "1.5 is not UINT8"},
      {image(R"("datatype":"FP32","shape":[1,1,2,2],"data":[1,2,3,-1])"), "not a pixel"},
      {image(R"("datatype":"FP32","shape":[1,1,2,3],"data":[1,2,3,4,5,6])"), "the model takes [-1,1,2,2]"},
      {image(R"("datatype":"FP32","shape":[0,1,2,2],"data":[])"), "the model takes [-1,1,2,2]"},
      {image(R"("datatype":"FP32","shape":[-1,1,2,2],"data":[])"), "non-negative"},
      {image(R"("datatype":"FP32","shape":[4294967296,4294967296,2,2],"data":[])"), "too large"},
      {image(R"("datatype":"FP32","shape":[1,1,2,2],"data":[[[[1,2],[3]]]])"), "does not have the shape"},
      {image(R"("datatype":"FP32","shape":[1,1,2,2])"), "data"},
      {image(R"("datatype":"BYTES","shape":[1,1,2,2],"data":["1","2","3","4"])"), "BYTES where"},
      {image(R"("datatype":"FP32","shape":[1,1,2,2],"parameters":{"binary_data_size":16})"),
       "beyond the body"},
      {R"({"inputs":[{"name":"picture","datatype":"FP32","shape":[1],"data":[1]}]})",
       "input image is missing"},
  };
  for (const auto& [body, part] : cases) {
    INFO(body);
    const HttpResponse response = endpoint.infer(body);
    CHECK(response.status == 400);
    CHECK(error_of(response).find(part) != std::string::npos);
  }
}

TEST_CASE("binary tensors go in and out behind the JSON") {
  Endpoint endpoint(test::image_model());
  const std::string json =
      R"({"parameters":{"binary_data_output":true},"inputs":[{"name":"image","datatype":"UINT8",)"
      R"("shape":[1,1,2,2],"parameters":{"binary_data_size":4}}]})";
  const HttpResponse response =
      endpoint.call("POST", "/v2/models/m/versions/1/infer", json + "\xff\x01\x02\x03",
                    {{"inference-header-content-length", std::to_string(json.size())}});
  REQUIRE(response.status == 200);
  const auto size = std::stoul(std::string(header(response.headers, "inference-header-content-length")));
  const Json answer = Json::parse(response.body.substr(0, size));
  CHECK(answer["outputs"][0]["parameters"]["binary_data_size"] == 8);
  CHECK(answer["outputs"][1]["parameters"]["binary_data_size"] == 9);
  CHECK(response.body.substr(size + 8) == std::string("\x05\0\0\0light", 9));
}

TEST_CASE("every datatype of the protocol decodes from binary") {
  const std::vector<std::pair<std::string, std::string>> ones = {
      {"BOOL", "\x01"},
      {"UINT8", "\x01"},
      {"UINT16", std::string("\x01\0", 2)},
      {"UINT32", std::string("\x01\0\0\0", 4)},
      {"UINT64", std::string("\x01\0\0\0\0\0\0\0", 8)},
      {"INT8", "\x01"},
      {"INT16", std::string("\x01\0", 2)},
      {"INT32", std::string("\x01\0\0\0", 4)},
      {"INT64", std::string("\x01\0\0\0\0\0\0\0", 8)},
      {"FP16", std::string("\0\x3c", 2)},
      {"BF16", std::string("\x80\x3f", 2)},
      {"FP32", std::string("\0\0\x80\x3f", 4)},
      {"FP64", std::string("\0\0\0\0\0\0\xf0\x3f", 8)},
  };
  for (const auto& [type, bytes] : ones) {
    INFO(type);
    WireTensor tensor;
    tensor.type = find_wire_type(type);
    tensor.count = 2;
    REQUIRE(decode_binary(bytes + bytes, tensor));
    CHECK(tensor.numbers == std::vector<double>{1, 1});
    tensor.count = 3;
    CHECK_FALSE(decode_binary(bytes, tensor));
  }
  WireTensor text;
  text.type = find_wire_type("BYTES");
  text.count = 2;
  REQUIRE(decode_binary(std::string("\x02\0\0\0hi\0\0\0\0", 10), text));
  CHECK(text.strings == std::vector<std::string>{"hi", ""});
  CHECK_FALSE(decode_binary(std::string("\x09\0\0\0hi", 6), text));
}

TEST_CASE("POST /predict takes rows, lists of rows, CSV and lines of JSON, and answers one line each") {
  Endpoint endpoint(test::table_model());
  const std::string first = R"({"age":3,"city":"A","member":true})";
  const std::string second = R"({"age":null,"city":"C","member":false,"extra":1})";
  const std::string one = R"({"input":{"age":3,"city":"A","member":true},"label":"yes","score":0.952574,)"
                          R"("probabilities":{"no":0.047426,"yes":0.952574}})"
                          "\n";
  CHECK(endpoint.predict(first, "application/json").body == one);
  CHECK(endpoint.predict(first, "application/x-www-form-urlencoded").body == one);
  const HttpResponse both = endpoint.predict("{\"rows\":[" + first + "," + second + "]}", "application/json");
  CHECK(both.content_type == "application/x-ndjson");
  CHECK(both.body.starts_with(one));
  CHECK(std::count(both.body.begin(), both.body.end(), '\n') == 2);
  CHECK(endpoint.predict("[" + first + "," + second + "]", "application/json").body == both.body);
  CHECK(endpoint.predict(first + "\n" + second + "\n", "application/x-ndjson").body == both.body);
  const HttpResponse csv = endpoint.predict("member;age;city\r\ntrue;3;A\r\n", "text/csv");
  CHECK(csv.body.find(R"("label":"yes","score":0.952574)") != std::string::npos);
}

TEST_CASE("bad rows are refused with their place and what to do") {
  Endpoint endpoint(test::table_model());
  const std::vector<std::array<std::string, 3>> cases = {
      {"application/json", R"({"age":3,"City":"A","member":true})",
       R"(column city is missing, the model needs it","hint":"is it the column \"City\" under another name?")"},
      {"application/json", R"({"rows":[{"age":[1],"city":"A","member":true}]})",
       "body[0]: column age: one value is expected, not a list or an object"},
      {"application/json", R"({"age":"old","city":"A","member":true})",
       R"(body: column age: "old" is not a number)"},
      {"text/csv", "age,city,member\n1,A,true\n2,B\n", "body:3: the row has 2 fields, the header 3"},
      {"text/csv", "age,city,member\n1,A,true\nold,B,true\n", "body:3: column age: \"old\" is not a number"},
      {"application/x-ndjson", "{}\n", "body:1: column age is missing"},
      {"application/json", "3", "body: the model takes rows, not a JSON number"},
      {"text/plain", "hello", "the model takes rows, not lines of text"},
      {"application/json", "[]", "the body holds no examples"},
  };
  for (const auto& [type, body, message] : cases) {
    INFO(body);
    const HttpResponse response = endpoint.predict(body, type);
    CHECK(response.status == 400);
    CHECK((error_of(response) + response.body).find(message) != std::string::npos);
  }
}

TEST_CASE("texts come as lines, as JSON strings and as objects") {
  Endpoint endpoint(test::text_model());
  const HttpResponse lines = endpoint.predict("one two three\n\nfour\n", "text/plain");
  CHECK(lines.body.starts_with(R"({"input":"one two three","label":"good")"));
  CHECK(std::count(lines.body.begin(), lines.body.end(), '\n') == 2);
  CHECK(endpoint.predict(R"({"text":"one two three"})", "application/json").body ==
        lines.body.substr(0, lines.body.find('\n') + 1));
  CHECK(endpoint.predict(R"(["one two three","four"])", "application/json").body == lines.body);
}

TEST_CASE("a rating is predicted within the ratings' range") {
  Endpoint endpoint(test::ratings_model());
  CHECK(endpoint.predict(R"({"user":"u","item":"i"})", "application/json").body ==
        "{\"input\":{\"user\":\"u\",\"item\":\"i\"},\"value\":1.0}\n");
}

TEST_CASE("a picture that is none is refused") {
  Endpoint endpoint(test::image_model());
  CHECK(endpoint.predict("not a picture", "image/png").status == 400);
  CHECK(error_of(endpoint.predict(R"({"age":1})", "application/json")).find("takes images") !=
        std::string::npos);
}

TEST_CASE("with a token all but the probes need it") {
  Endpoint endpoint(test::text_model(), {.name = "m", .token = "secret"});
  CHECK(endpoint.call("GET", "/v2/health/ready").status == 200);
  CHECK(endpoint.call("GET", "/metrics").status == 401);
  const HttpResponse refused = endpoint.call("POST", "/predict", "x", {{"authorization", "Bearer wrong"}});
  CHECK(refused.status == 401);
  CHECK(header(refused.headers, "www-authenticate") == "Bearer");
  CHECK(endpoint.call("POST", "/predict", "x", {{"authorization", "bearer secret"}}).status == 200);
}

TEST_CASE("what will not be served is refused by its head") {
  Endpoint endpoint(test::image_model(), {.name = "m", .token = "secret"});
  const auto refusal = [&](const std::string& method, const std::string& path, HttpHeaders headers) {
    const auto response = endpoint.service->refuse({method, path, "", std::move(headers), ""});
    return response ? response->status : 0;
  };
  const std::pair<std::string, std::string> token = {"authorization", "Bearer secret"};
  CHECK(refusal("POST", "/predict", {}) == 401);
  CHECK(refusal("POST", "/v2/models/m/infer", {{"authorization", "Bearer guess"}}) == 401);
  CHECK(refusal("POST", "/nowhere", {}) == 401);
  CHECK(refusal("POST", "/predict", {token}) == 0);
  CHECK(refusal("POST", "/predict/", {token}) == 0);
  CHECK(refusal("POST", "/nowhere", {token}) == 404);
  CHECK(refusal("POST", "/v2", {token}) == 405);
  CHECK(refusal("POST", "/v2/health/live", {}) == 405);
  CHECK(refusal("PUT", "/predict", {token}) == 405);
  CHECK(refusal("POST", "/v2/models/other/infer", {token}) == 404);
  CHECK(refusal("POST", "/predict", {token, {"content-encoding", "gzip"}}) == 415);
  CHECK(refusal("POST", "/predict", {token, {"content-encoding", "identity"}}) == 0);
  CHECK(refusal("POST", "/predict", {token, {"content-type", "Multipart/form-data; boundary=x"}}) == 415);
}

TEST_CASE("a server that is open to all keeps its statistics to itself") {
  Endpoint endpoint(test::text_model(), {.name = "m", .open_to_all = true});
  for (const char* path : {"/v2/stats", "/v2/models/m/stats", "/v2/models/m/versions/1/stats"}) {
    CHECK(endpoint.call("GET", path).status == 403);
  }
  CHECK(endpoint.call("GET", "/metrics").status == 200);
}

TEST_CASE("bodies over a limit are refused with 413, which names it") {
  ServiceOptions options{.name = "m"};
  options.body.examples = 3;
  options.body.output_values = 1000;
  options.body.echoed_bytes = 100;
  options.body.working_bytes = size_t{100} << 10;
  Endpoint endpoint(test::text_model(), options);
  CHECK(endpoint.predict("a\nb\nc\n", "text/plain").status == 200);
  const HttpResponse many = endpoint.predict("a\nb\nc\nd\n", "text/plain");
  CHECK(many.status == 413);
  CHECK(error_of(many).find("at most 3 examples") != std::string::npos);
  const HttpResponse infer = endpoint.infer(
      R"({"inputs":[{"name":"text","datatype":"BYTES","shape":[4],"data":["a","b","c","d"]}]})");
  CHECK(infer.status == 413);
  CHECK(endpoint.predict(std::string(200, 'x'), "text/plain").status == 413);
  CHECK(endpoint.predict("[" + std::string(5000, ',') + "]", "application/json").status == 413);
  options.body.output_values = 4;  // two of a model with two outputs
  Endpoint wide(test::text_model(), options);
  CHECK(wide.predict("a\nb\n", "text/plain").status == 200);
  CHECK(wide.predict("a\nb\nc\n", "text/plain").status == 413);
}

TEST_CASE("a picture's size is looked at before it is decoded") {
  ServiceOptions options{.name = "m"};
  options.body.picture_pixels = 8;
  Endpoint endpoint(test::image_model(), options);
  const auto png = [](int64_t width, int64_t height) {
    return encode_png({width, height, 1, std::vector<uint8_t>(static_cast<size_t>(width * height), 200)});
  };
  CHECK(endpoint.predict(png(2, 4), "image/png").status == 200);
  const HttpResponse large = endpoint.predict(png(3, 3), "image/png");
  CHECK(large.status == 413);
  CHECK(error_of(large).find("3×3 pixels") != std::string::npos);
}

TEST_CASE("large bodies are read elsewhere and answered the same") {
  ServiceOptions options{.name = "m"};
  options.body.at_once_bytes = 0;
  Endpoint endpoint(test::table_model(), options), usual(test::table_model());
  for (const std::string body :
       {"[{\"age\":3,\"city\":\"A\",\"member\":true}]", "[{\"age\":3}]", "{", "[]"}) {
    const HttpResponse late = endpoint.predict(body, "application/json");
    const HttpResponse now = usual.predict(body, "application/json");
    CHECK(late.status == now.status);
    CHECK(late.body == now.body);
  }
}

namespace {

// Throws for one text, gives infinity for another, and counts what it is asked at once.
class FickleModel : public EncodedPredictor {
 public:
  Result<std::vector<float>> forward(const Encoded& examples) override {
    largest = std::max(largest, examples.size);
    std::vector<float> rows;
    for (int64_t at = 0; at < examples.size; ++at) {
      const auto begin = static_cast<size_t>(at);
      const int64_t words = examples.offsets[begin + 1] - examples.offsets[begin];
      if (words == 3) throw std::runtime_error("three");
      if (words == 4) throw std::bad_alloc();
      rows.push_back(words == 2 ? HUGE_VALF : 0);
      rows.push_back(1);
    }
    return rows;
  }
  int64_t largest = 0;
};

struct FickleEndpoint {
  FickleEndpoint() {
    service = *Service::open(model, predictor, {.name = "m"});
    REQUIRE(service->warm_up());
  }
  HttpResponse predict(const std::string& body, const std::string& type = "text/plain") {
    std::promise<HttpResponse> promise;
    const auto now = service->handle({"POST", "/predict", "", {{"content-type", type}}, body},
                                     [&](HttpResponse late) { promise.set_value(std::move(late)); });
    return now ? *now : promise.get_future().get();
  }
  Model model = test::text_model();
  FickleModel predictor;
  std::unique_ptr<Service> service;
};

}  // namespace

TEST_CASE("what the model throws is that request's answer, and the next one is served") {
  FickleEndpoint endpoint;
  CHECK(endpoint.predict("a b c").status == 500);
  CHECK(endpoint.predict("a b c d").status == 503);
  CHECK(endpoint.predict("a").status == 200);
}

TEST_CASE("an output that is no finite number is the fault of the row it belongs to, which is named") {
  FickleEndpoint endpoint;
  const std::vector<std::array<std::string, 3>> cases = {{"a\n\na b\n", "text/plain", "body:3: "},
                                                         {R"(["a","a b"])", "application/json", "body[1]: "},
                                                         {R"("a b")", "application/json", "body: "}};
  for (const auto& [body, type, place] : cases) {
    const HttpResponse response = endpoint.predict(body, type);
    CHECK(response.status == 422);
    CHECK(error_of(response).starts_with(place));
  }
}

TEST_CASE("a request larger than a run goes through the model in pieces") {
  FickleEndpoint endpoint;
  std::string lines;
  for (int at = 0; at < 700; ++at) lines += "a\n";
  const HttpResponse response = endpoint.predict(lines);
  CHECK(response.status == 200);
  CHECK(std::count(response.body.begin(), response.body.end(), '\n') == 700);
  CHECK(endpoint.predictor.largest == 256);
}

TEST_CASE("an endpoint that is being drained says it is not ready") {
  Endpoint endpoint(test::text_model());
  endpoint.service->stop_being_ready();
  CHECK(endpoint.call("GET", "/v2/health/ready").status == 503);
  CHECK(endpoint.call("GET", "/v2/models/m/ready").status == 503);
  CHECK(endpoint.predict("still answered", "text/plain").status == 200);
}

TEST_CASE("inputs are counted over the bins of the training statistics") {
  Endpoint endpoint(test::table_model());
  endpoint.predict("age,city,member\n10,A,true\n30,A,true\n300,C,true\n,B,true\n", "text/csv");
  const Json stats = Json::parse(endpoint.call("GET", "/v2/models/m/stats").body);
  CHECK(stats["features"][0]["bins"] == Json::array({1, 1, 0, 1}));
  CHECK(stats["features"][0]["missing"] == 1);
  CHECK(stats["features"][0]["above"] == 1);
  CHECK(stats["features"][1]["bins"] == Json::array({2, 1, 1}));
}
