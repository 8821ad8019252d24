#pragma once
// What the commands about endpoints share.

#include <string>

#include "cmd/shell/output.h"
#include "core/endpoint/endpoints.h"
#include "core/run/record.h"

namespace mlctl {

// NAME, endpoint/NAME → NAME.
std::string endpoint_name(const std::string& argument);
// The runs behind what the endpoint serves: its deployment or rollback, the training, …
std::vector<RunRecord> sources_of(const std::vector<RunRecord>& runs, const serve::Endpoint& endpoint);
// The bearer token in a file; "" for no file.
Result<std::string> read_token_file(const std::string& file);
// Prints {"kind": "Endpoint", …}, or one line for people.
Result<> print_endpoint(Context& context, const serve::Endpoint& endpoint, const std::string& sentence);

}  // namespace mlctl
