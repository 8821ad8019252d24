#pragma once
// Stores as a command's flags and surroundings describe them.

#include "cloud/store/open.h"
#include "cmd/shell/command.h"

namespace mlctl {

void declare_store(Flags& flags, StoreOptions& options);          // --endpoint --region --ca-cert --insecure
void declare_stored_object(Flags& flags, StoreOptions& options);  // --metadata --storage-class …

void declare_customer_key(Flags& flags, StoreOptions& options);  // --sse-c-key
void declare_version(Flags& flags, StoreOptions& options);       // --version-id
void declare_links(Flags& flags, StoreOptions& options);         // --follow-links

// Reports on stderr what the store's listings passed over: links, FIFOs and the like. `can_follow`: the
// command has --follow-links.
void tell_passed_over(Context& context, const ObjectStore& store, bool can_follow);

Stores stores(Context& context);
Result<Place> open_place(Context& context, const std::string& url_or_path, const StoreOptions& options = {});

}  // namespace mlctl
