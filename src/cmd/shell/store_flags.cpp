#include "cmd/shell/store_flags.h"

#include "core/sys/walk.h"

namespace mlctl {

void declare_store(Flags& flags, StoreOptions& options) {
  flags.option("--endpoint", "URL", options.endpoint,
               "the store's address (else AWS_ENDPOINT_URL, OSS_ENDPOINT)");
  flags.option("--region", "NAME", options.region, "the bucket's region (else AWS_REGION, OSS_REGION)");
  flags.option("--ca-cert", "FILE", options.ca_file,
               "certificates to trust beside the system's (else AWS_CA_BUNDLE)");
  flags.option("--limit-rate", "SIZE", options.limit_rate, "bytes per second at most: 500K, 10M");
  flags.flag("--insecure", options.insecure, "take any certificate");
}

void declare_stored_object(Flags& flags, StoreOptions& options) {
  flags.list("--metadata", "KEY=VALUE", options.metadata, "keep this with every object (repeatable)");
  flags.list("--tag", "KEY=VALUE", options.tags, "tag every object (repeatable)");
  flags.option("--content-type", "TYPE", options.content_type, "of every object (else by its extension)");
  flags.option("--storage-class", "NAME", options.storage_class,
               "as the store calls it: STANDARD_IA, Archive, …");
  flags.option("--sse", "METHOD", options.encryption,
               "encrypt at rest: AES256 or aws:kms (OSS: AES256, KMS)");
  flags.option("--sse-kms-key", "ID", options.kms_key, "the key of aws:kms");
  flags.option("--part-size", "SIZE", options.part_size,
               "of the parts that large objects are sent, and copied, in (else by the object's size)");
  flags.option("--acl", "NAME", options.acl, "who may read: private, public-read, …");
}

void declare_customer_key(Flags& flags, StoreOptions& options) {
  flags.option("--sse-c-key", "FILE", options.customer_key,
               "encrypted with the key in this file, 32 bytes or their base64, which the store does not keep",
               Value::file);
}

void declare_version(Flags& flags, StoreOptions& options) {
  flags.option("--version-id", "ID", options.version,
               "this version of the object (ls --versions names them)");
}

void declare_links(Flags& flags, StoreOptions& options) {
  flags.flag("--follow-links", options.follow_links,
             "symbolic links in a folder stand for what they lead to, "
             "each folder once (else they are passed over)");
}

void tell_passed_over(Context& context, const ObjectStore& store, bool can_follow) {
  if (store.passed_over() == nullptr) return;
  sys::PassedOver named = *store.passed_over();
  for (sys::PassedOver::Name& name : named.names) name.path = store.url(name.path.string());
  for (const std::string& sentence : sys::sentences(named, can_follow ? "--follow-links" : ""))
    context.io.warn(sentence);
}

Stores stores(Context& context) {
  StoreSurroundings around{context.env,
                           context.clock,
                           context.stop,
                           context.config_file(),
                           context.flags.profile,
                           context.cache_folder(),
                           context.user_state_folder() / "transfers"};
  if (context.io.verbosity == Verbosity::verbose)  // above a bar, if there is one
    around.trace = [&io = context.io](const std::string& line) {
      if (io.err_is_tty) io.clear_line();
      io.detail(line);
    };
  return Stores(std::move(around));
}

Result<Place> open_place(Context& context, const std::string& url_or_path, const StoreOptions& options) {
  return stores(context).open(url_or_path, options);
}

}  // namespace mlctl
