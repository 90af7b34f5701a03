package format

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"strings"

	"github.com/outcore/outcore/errs"
)

// Crockford's base 32: no I, L, O, U. Missing bits at the end are zero.
var base = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// An ObjectID names a snapshot, manifest, transaction log or chunk: 12 random
// bytes, written as 20 characters of Crockford's base 32.
type ObjectID [12]byte

// A NodeID names a node for as long as it lives: 8 random bytes, 13 characters.
type NodeID [8]byte

// InitialSnapshot is the id of every repository's first snapshot,
// 1CECHNKREP0F1RSTCMT0.
var InitialSnapshot = ObjectID{0x0b, 0x1c, 0xc8, 0xd6, 0x78, 0x75, 0x80, 0xf0, 0xe3, 0x3a, 0x65, 0x34}

// NewObjectID gives a random id.
func NewObjectID() (id ObjectID) {
	rand.Read(id[:]) // never fails
	return id
}

// NewNodeID gives a random id.
func NewNodeID() (id NodeID) {
	rand.Read(id[:])
	return id
}

// ParseObjectID reads 20 characters of base 32, in either case. Anything else is
// errs.Invalid.
func ParseObjectID(s string) (ObjectID, error) {
	var id ObjectID
	if err := parseID(id[:], s, "object"); err != nil {
		return ObjectID{}, err
	}
	return id, nil
}

// ParseNodeID reads 13 characters of base 32, in either case. Anything else is
// errs.Invalid.
func ParseNodeID(s string) (NodeID, error) {
	var id NodeID
	if err := parseID(id[:], s, "node"); err != nil {
		return NodeID{}, err
	}
	return id, nil
}

func parseID(id []byte, s, what string) error {
	n := base.EncodedLen(len(id))
	if len(s) != n {
		return errs.New(errs.Invalid, "icechunk: found %.40q, expected an %s id of %d characters", s, what, n)
	}
	upper := strings.ToUpper(s)
	b, err := base.DecodeString(upper)
	// Encoding again finds bits behind the last byte, and line feeds, which
	// the decoder skips.
	if err != nil || base.EncodeToString(b) != upper {
		return errs.New(errs.Invalid, "icechunk: found %q, which is not an %s id: 0-9 and A-Z without I, L, O, U", s, what)
	}
	copy(id, b)
	return nil
}

// String is 20 characters of base 32.
func (id ObjectID) String() string { return base.EncodeToString(id[:]) }

// String is 13 characters of base 32.
func (id NodeID) String() string { return base.EncodeToString(id[:]) }

// Compare orders ids by their bytes, as files do.
func (id ObjectID) Compare(other ObjectID) int { return bytes.Compare(id[:], other[:]) }

// Compare orders ids by their bytes, as files do.
func (id NodeID) Compare(other NodeID) int { return bytes.Compare(id[:], other[:]) }

// IsZero reports whether id names nothing.
func (id ObjectID) IsZero() bool { return id == ObjectID{} }
