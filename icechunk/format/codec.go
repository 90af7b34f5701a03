package format

import "github.com/outcore/outcore/errs"

var errNotBuilt = errs.New(errs.Unsupported, "icechunk: not built yet")

// NewObjectID gives a random id.
func NewObjectID() ObjectID { panic("not built") }

// NewNodeID gives a random id.
func NewNodeID() NodeID { panic("not built") }

// ParseObjectID reads 20 characters of base 32.
func ParseObjectID(s string) (ObjectID, error) { return ObjectID{}, errNotBuilt }

// String is 20 characters of base 32.
func (id ObjectID) String() string { return "" }

// String is 13 characters of base 32.
func (id NodeID) String() string { return "" }

// InitialSnapshot is the id of every repository's first snapshot.
var InitialSnapshot ObjectID

// DecodeRepo reads an object `repo`.
func DecodeRepo(file []byte) (*Repo, error) { return nil, errNotBuilt }

// Encode gives the bytes of the object `repo`.
func (r *Repo) Encode() ([]byte, error) { return nil, errNotBuilt }

// DecodeSnapshot reads an object below snapshots/.
func DecodeSnapshot(file []byte) (*Snapshot, error) { return nil, errNotBuilt }

// Encode gives the bytes of the snapshot's object.
func (s *Snapshot) Encode() ([]byte, error) { return nil, errNotBuilt }

// DecodeManifest reads an object below manifests/.
func DecodeManifest(file []byte) (*Manifest, error) { return nil, errNotBuilt }

// Encode gives the bytes of the manifest's object.
func (m *Manifest) Encode() ([]byte, error) { return nil, errNotBuilt }

// DecodeTransactionLog reads an object below transactions/.
func DecodeTransactionLog(file []byte) (*TransactionLog, error) { return nil, errNotBuilt }

// Encode gives the bytes of the log's object.
func (t *TransactionLog) Encode() ([]byte, error) { return nil, errNotBuilt }
