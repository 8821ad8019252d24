#include "core/eval/eval_spec.h"

#include "core/text/json_fields.h"

namespace mlctl {

std::vector<std::string> eval_gates(const nlohmann::ordered_json& spec) {
  const auto gate = spec.find("gate");
  if (gate == spec.end()) return {};
  return gate->is_string() ? std::vector{gate->get<std::string>()} : gate->get<std::vector<std::string>>();
}

Result<EvalSpec> eval_spec_from_json(const nlohmann::ordered_json& spec, const std::string& where) {
  return decode_json(where, Exit::manifest, [&]() -> Result<EvalSpec> {
    const Fields fields(spec);
    return EvalSpec{fields.get<std::string>("model"), fields.get<std::string>("data"),
                    fields.get_or("baseline", std::string()), fields.get_or("report", std::string()),
                    eval_gates(spec)};
  });
}

}  // namespace mlctl
