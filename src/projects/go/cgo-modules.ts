/** A module whose packages are C behind Go: without cgo they do not compile, or fail when they are called. */
interface CgoModule {
  readonly path: string;
  /** What it links with and does not bring along: no builder image of Go's and no base of ours has it. */
  readonly library?: string;
}

/** Modules that bring their C with them, as sources or as static libraries for glibc. */
const complete = [
  'github.com/mattn/go-sqlite3',
  'gorm.io/driver/sqlite',
  'github.com/jinzhu/gorm/dialects/sqlite',
  'github.com/gogf/gf/contrib/drivers/sqlitecgo',
  'github.com/mutecomm/go-sqlcipher',
  'crawshaw.io/sqlite',
  'github.com/supranational/blst',
  'github.com/bmatsuo/lmdb-go',
  'github.com/PowerDNS/lmdb-go',
  'github.com/ledgerwatch/lmdb-go',
  'github.com/miekg/pkcs11',
  'github.com/golang-migrate/migrate/v4/database/sqlite3',
  'github.com/confluentinc/confluent-kafka-go',
  'github.com/marcboeker/go-duckdb',
  'github.com/duckdb/duckdb-go',
  'github.com/DataDog/zstd',
  'github.com/valyala/gozstd',
  'github.com/smacker/go-tree-sitter',
  'github.com/tree-sitter/go-tree-sitter',
  'github.com/bytecodealliance/wasmtime-go',
  'github.com/wasmerio/wasmer-go',
  'github.com/chai2010/webp',
  'github.com/kolesa-team/go-webp',
  'github.com/pganalyze/pg_query_go',
  'github.com/tursodatabase/go-libsql',
  'rogchap.com/v8go',
];

/** Modules that find a library of the system by pkg-config or by its header. */
const incomplete: readonly (readonly [path: string, library: string])[] = [
  ['github.com/godror/godror', "Oracle's client"],
  ['github.com/mattn/go-oci8', "Oracle's client"],
  ['github.com/ibmdb/go_ibm_db', "Db2's client"],
  ['github.com/alexbrainman/odbc', 'unixODBC'],
  ['github.com/coreos/go-systemd/v22/sdjournal', 'libsystemd'],
  ['github.com/ceph/go-ceph', 'Ceph'],
  ['libvirt.org/go/libvirt', 'libvirt'],
  ['github.com/jmhodges/levigo', 'LevelDB'],
  ['github.com/tecbot/gorocksdb', 'RocksDB'],
  ['github.com/linxGnu/grocksdb', 'RocksDB'],
  ['github.com/google/gopacket/pcap', 'libpcap'],
  ['github.com/gopacket/gopacket/pcap', 'libpcap'],
  ['github.com/pebbe/zmq4', 'ZeroMQ'],
  ['github.com/h2non/bimg', 'libvips'],
  ['github.com/davidbyttow/govips', 'libvips'],
  ['github.com/libgit2/git2go', 'libgit2'],
  ['gopkg.in/gographics/imagick.v3', 'ImageMagick'],
  ['gopkg.in/gographics/imagick.v2', 'ImageMagick'],
  ['gocv.io/x/gocv', 'OpenCV'],
];

const cgoModules: readonly CgoModule[] = [
  ...complete.map((path) => ({ path })),
  ...incomplete.map(([path, library]) => ({ path, library })),
];

/** The known module that an import path or a required module belongs to; undefined where it is none of them. */
export function findCgoModule(path: string): CgoModule | undefined {
  return cgoModules.find((known) => path === known.path || path.startsWith(`${known.path}/`));
}
