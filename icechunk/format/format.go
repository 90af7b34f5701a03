// Package format is the bytes of an Icechunk repository, specification 2.1:
// the objects `repo`, `snapshots/…`, `manifests/…` and `transactions/…`, each a
// header of 39 bytes and one zstd frame with a FlatBuffers table.
//
// Decode functions take any bytes, from anyone: they return errs.Corrupt,
// errs.Unsupported or, of what decodes to too much, errs.TooLarge, never panic,
// and allocate no more than a small multiple of what the bytes decode to, which
// is at most 256 times them, or 16 MiB. Encode functions are deterministic
// and produce what the official engine reads; they sort what the format wants
// sorted and check what it wants checked.
//
// Icechunk is a format by Earthmover PBC (Apache-2.0); this is a clean-room
// implementation of its published specification.
//
// The package does no I/O.
package format

// A Repo is the only mutable object: refs, the table of snapshots, status, and
// the log of what was done. Every slice may be given in any order to Encode.
type Repo struct {
	SpecVersion uint8 // 2
	Tags        []Ref
	Branches    []Ref // "main" is always there
	DeletedTags []string
	Snapshots   []SnapshotInfo // decoded: sorted by ID
	Status      Status
	Metadata    []Item
	Updates     []Update // newest first
	Before      string   // file name in overwritten/ that holds older updates; "" = none

	Config        []byte   // FlexBuffers, carried through; nil = none
	EnabledFlags  []uint16 // sorted
	DisabledFlags []uint16
	Extra         []byte // carried through

	// Newer says what this object has that this package does not know; not
	// empty means that a rewrite would lose it, so the repository is read-only.
	Newer string
}

// A Ref is a branch or a tag.
type Ref struct {
	Name     string
	Snapshot ObjectID
}

// A SnapshotInfo is a snapshot's place in the history.
type SnapshotInfo struct {
	ID      ObjectID
	Parent  ObjectID // zero = none
	Flushed int64    // microseconds since 1970, UTC
	Message string
	Meta    []Item
	Pruned  []ObjectID // transaction logs of ancestors that were expired, oldest first
}

// An Item is one entry of metadata. Value is what encoding/json decodes into
// any: nil, bool, float64, json.Number, string, []any, map[string]any. Decode
// gives int64 and float64 for numbers, uint64 above the largest int64. Raw is the FlexBuffers bytes it was read
// from; Encode writes Raw when it is not nil, and Value otherwise.
type Item struct {
	Name  string
	Value any
	Raw   []byte
}

// Status says whether the repository may be written.
type Status struct {
	Availability Availability
	Set          int64 // microseconds
	Reason       string
}

// Availability is Online, ReadOnly or Offline.
type Availability uint8

// The availabilities.
const (
	Online Availability = iota
	ReadOnly
	Offline
)

// An UpdateKind says what an Update did.
type UpdateKind uint8

// The kinds, with the numbers of the format's union.
const (
	_ UpdateKind = iota
	RepoInitialized
	RepoMigrated
	ConfigChanged
	MetadataChanged
	TagCreated
	TagDeleted
	BranchCreated
	BranchDeleted
	BranchReset
	NewCommit
	CommitAmended
	NewDetachedSnapshot
	GCRan
	ExpirationRan
	FeatureFlagChanged
	RepoStatusChanged
)

// An Update is one entry of the log of operations. Which fields count depends
// on Kind; the others are zero.
type Update struct {
	Kind     UpdateKind
	At       int64  // microseconds; strictly decreasing from newest to oldest
	Backup   string // bare file name in overwritten/ of the repo that this update replaced; "" for the newest
	Name     string // tag or branch
	Previous ObjectID
	New      ObjectID
	From, To uint8 // versions, of RepoMigrated
	Flag     uint16
	Value    bool // of FeatureFlagChanged
	IsSet    bool
	Status   Status // of RepoStatusChanged
}

// A Snapshot is all nodes of one state of the repository.
type Snapshot struct {
	ID        ObjectID
	Flushed   int64
	Message   string
	Meta      []Item
	Nodes     []Node         // decoded: sorted by the bytes of Path, whatever the file's order was
	Manifests []ManifestInfo // decoded: sorted by ID
	Extra     []byte
	Newer     string // as in Repo
}

// A Node is a group or an array.
type Node struct {
	ID       NodeID
	Path     string
	UserData []byte // zarr.json, byte for byte
	Extra    []byte
	Array    *ArrayNode // nil for a group
}

// An ArrayNode is what the snapshot knows of an array beside its metadata.
type ArrayNode struct {
	Shape     []Dimension
	Names     []string // of the dimensions, "" = unnamed; nil = none given
	Manifests []ManifestRef
}

// A Dimension is the length of one axis and the number of chunks along it.
type Dimension struct {
	Length uint64
	Chunks uint32
}

// A ManifestRef says that a manifest has the references of the chunks inside
// Extents. Extents of one array do not overlap.
type ManifestRef struct {
	ID      ObjectID
	Extents []Range // one a dimension; empty for a 0-dimensional array
}

// A Range is chunk indices From (inclusive) to To (exclusive) along one axis.
type Range struct{ From, To uint32 }

// A ManifestInfo describes a manifest that some node of the snapshot points to.
type ManifestInfo struct {
	ID   ObjectID
	Size uint64 // bytes of the file, header included
	Refs uint32
}

// A Manifest is references to chunks of one or more arrays.
type Manifest struct {
	ID     ObjectID
	Arrays []ArrayManifest // decoded: sorted by Node
	Extra  []byte
	Newer  string
}

// An ArrayManifest is the references of one array. Index i of ref r along axis
// k is Indices[r*Rank+k]; refs are sorted lexicographically by index.
type ArrayManifest struct {
	Node    NodeID
	Rank    int
	Indices []uint32
	Refs    []ChunkRef
	Extra   []byte
}

// A ChunkRef is where the stored bytes of a chunk are. Exactly one of Inline
// (not nil), Chunk (not zero) and Virtual (not nil) is set.
type ChunkRef struct {
	Chunk   ObjectID // object in chunks/
	Offset  uint64
	Length  uint64
	Inline  []byte
	Virtual *Virtual
}

// A Virtual is a reference to bytes outside the repository. They are kept as
// they are when a manifest is rewritten, and not read yet.
type Virtual struct {
	Location     string
	ETag         string
	LastModified uint32 // seconds; 0 = not given
}

// A TransactionLog is what one commit changed.
type TransactionLog struct {
	ID            ObjectID // of the snapshot
	NewGroups     []NodeID
	NewArrays     []NodeID
	DeletedGroups []NodeID
	DeletedArrays []NodeID
	UpdatedArrays []NodeID
	UpdatedGroups []NodeID
	Chunks        []UpdatedChunks
	Moves         []Move
	Extra         []byte
	Newer         string
}

// UpdatedChunks are the chunks of one array that were written or deleted.
// Indices are as in ArrayManifest; Rank 0 is the one chunk of an array without
// dimensions.
type UpdatedChunks struct {
	Node    NodeID
	Rank    int
	Indices []uint32
}

// A Move is a node that changed its path.
type Move struct {
	From, To string
	Node     NodeID
	Array    bool
}
