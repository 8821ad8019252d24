#pragma once
// What changes a manifest's text before it is checked: --set flags and ${env:NAME}.

#include <string>
#include <vector>

#include "core/manifest/validate.h"
#include "core/sys/env.h"
#include "core/text/as_written.h"

namespace mlctl {

// "spec.model.layers[0].conv2d.filters=16": VALUE is YAML, so lists and maps can be given; an empty VALUE
// takes the key away. Bad syntax or a path through something that is no map → 2, naming the flag. Each flag
// becomes a Source, and the place of what it set.
Result<> apply_set(YamlNode& root, const std::string& assignment, std::vector<Source>& sources);

// Replaces ${env:NAME} in scalars. An unquoted scalar gets the type of its new text. An unset variable is a
// problem. No other form is touched.
void expand_environment(YamlNode& node, const sys::Env& env, std::vector<Problem>& problems,
                        std::vector<Expansion>& expansions, const std::string& path = {});

}  // namespace mlctl
