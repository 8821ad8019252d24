#include <unistd.h>

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/recorded.h"
#include "cmd/shell/store_flags.h"
#include "cmd/shell/transfers.h"
#include "core/store/location.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::string path, url, key;
  TransferFlags transfer;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("PATH", options.path,
                   "a file, a folder, a dataset or a model; - is stdin; or a store's URL", Value::file);
  flags.positional("URL", options.url, "where to: s3://…, oss://…, gs://…, file:///… or a path", Value::url);
  flags.option("--key", "TEMPLATE", options.key,
               "names of the objects: {path} {name} {stem} {ext} {folder}; "
               "of a dataset's images also {label} {split} {key} {source}");
  declare_transfer(flags, options.transfer);
  declare_links(flags, options.store);
  declare_stored_object(flags, options.store);
  declare_customer_key(flags, options.store);
  declare_store(flags, options.store);
}

// ".../", or a bucket alone.
bool names_folder(const std::string& url) {
  const Result<Location> location = parse_location(url);
  const bool bucket = location && location->scheme != "file" && location->path.find('/') == std::string::npos;
  return bucket || url.ends_with('/');
}

Result<> check(const Options& options) {
  const NameFilter& filter = options.transfer.filter;
  const bool filtered = !filter.include.empty() || !filter.exclude.empty();
  if (!options.key.empty() && options.key.find('{') == std::string::npos)
    return fail(Exit::usage, "--key " + options.key + " has no field: all objects would get one name",
                "as in --key '{label}/{name}'");
  if (!options.key.empty() && options.key.front() == '/')
    return fail(Exit::usage, "--key " + options.key + ": keys begin below the URL, without \"/\"");
  if (filtered && options.key.find("{label}") != std::string::npos)
    return fail(Exit::usage,
                "--include and --exclude are about files, --key {label} about a dataset's images");
  if (options.path == "-" && names_folder(options.url))
    return fail(Exit::usage, options.url + ": what comes on stdin has no name",
                "write the object's whole URL");
  TRY(check_place(options.path));
  TRY(check_place(options.url));
  return check_transfer(options.transfer, options.path == "-", !options.key.empty());
}

// What comes on stdin is kept in a file until it is stored: its size is known, and it can be sent again.
class Spool {
 public:
  static Result<std::unique_ptr<Spool>> fill(Context& context) {
    auto spool = std::make_unique<Spool>();
    const sys::PathAt place =
        TRY(sys::private_place(context.user_state_folder(), fmt::format("transfers/stdin-{}", ::getpid())));
    spool->path_ = place.path();
    sys::AppendFile file = TRY(sys::AppendFile::open(place, 0));
    // The file is unlinked at once, so that it is gone when the process ends, however that happens.
    spool->open_ = TRY(sys::open_to_read(place));
    const std::filesystem::path nameless = fmt::format("/proc/self/fd/{}", spool->open_.get());
    if (sys::exists(nameless)) {
      TRY(sys::remove_tree(spool->path_));
      spool->path_ = nameless;
    }
    TRY(context.io.stream_input([&](std::string_view bytes) { return file.append(bytes); }));
    return spool;
  }
  Spool() = default;
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool() {
    if (path_.filename().string().starts_with("stdin-")) static_cast<void>(sys::remove_tree(path_));
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
  sys::Fd open_;
};

bool is_local(const std::string& path) {
  const Result<Location> location = parse_location(path);
  return location && location->scheme == "file";
}

// The store flags describe the destination. The source takes their endpoint and region only if it is of the
// same kind of store, and nothing that is about the objects written.
Result<StoreOptions> source_options(const Options& options) {
  StoreOptions source = options.store;
  const bool alike = TRY(parse_location(options.path)).scheme == TRY(parse_location(options.url)).scheme;
  if (!alike) source.endpoint = source.region = "";
  source.metadata = source.tags = {};
  source.customer_key = source.content_type = source.storage_class = source.encryption = source.kms_key =
      source.acl = "";
  return source;
}

// A file to ".../" appends its name; a folder's contents go under the prefix, with or without a slash.
Result<StoreSource> source_of(Context& context, const Options& options, Place& from, const Place& to) {
  if (!is_local(options.path))
    return walk_store(context, from, to, to.slash, options.transfer.filter, options.key);
  const std::filesystem::path path = TRY(local_path(options.path));
  if (!sys::exists(path))
    return fail(Exit::not_found, "cannot find " + path.string(), "check the path to upload");
  if (sys::is_folder(path)) {
    const bool dataset = sys::exists(path / "dataset.json");
    if (dataset && !options.key.empty() && options.transfer.if_newer)
      return fail(Exit::usage, "--if-newer: the images of a dataset have no time");
    if (dataset && !options.key.empty())
      return StoreSource{TRY(walk_images(path.string(), to.prefix(), options.key)), true};
  }
  return walk_store(context, from, to, to.slash, options.transfer.filter, options.key);
}

RunResult store(const Options& options, const std::string& shown, Context& context);

RunResult run(const Options& options, Context& context) {
  if (options.path != "-") return store(options, options.path, context);
  const auto spool = TRY(Spool::fill(context));
  Options from_file = options;
  from_file.path = spool->path();
  return store(from_file, "-", context);
}

RunResult store(const Options& options, const std::string& shown, Context& context) {
  const StoreOptions source_store = TRY(source_options(options));
  Place from = TRY(open_place(context, options.path, source_store));
  StoreOptions target_store = options.store;
  target_store.follow_links = false;  // nothing is written through one
  Place to = TRY(open_place(context, options.url, target_store));
  const StoreSource source = TRY(source_of(context, options, from, to));
  const TransferRequest request{"upload", shown, options.url, options.transfer, source.folder};
  if (options.transfer.dry_run) return run_transfer(context, request, source.walk, from, to);
  return recorded(context, "upload", {{"key", options.key}},
                  [&](RunRecord& record, const std::filesystem::path&) {
                    record.inputs = {{shown, ""}};
                    record.outputs = {{options.url, ""}};
                    return run_transfer(context, request, source.walk, from, to);
                  });
}

}  // namespace

const Command& upload_command() {
  static const Command command(
      {"upload", "lifecycle", "Copy files, datasets and models to a store", "PATH URL [flags]",
       "mlctl upload data/rabbits file:///srv/store/rabbits\n"
       "# one object per image, by its label\n"
       "mlctl upload data/rabbits file:///srv/photos --key '{label}/{name}'\n"
       "mlctl upload photos file:///srv/photos --include '*.jpg' --dry-run\n"
       "# a mirror of the folder\n"
       "mlctl upload photos file:///srv/photos --overwrite --delete\n"
       "# within a store, without the bytes coming here\n"
       "mlctl upload s3://photos/rabbits s3://archive/rabbits",
       "A folder's contents go under the URL, relative paths kept; a file to \".../\" appends its name. "
       "Hidden files stay behind, and so do symbolic links, which are told. "
       "Every object is verified by SHA-256 and appears whole or not at all: "
       "after an interruption the same command copies what is missing."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
