// Package errs holds the kinds of error the whole program branches on, and
// one error type that says where the trouble is and what mends it.
//
// A Kind is itself an error: callers ask errors.Is(err, errs.NotFound) and
// never look at text. An *Error adds a position (file, line, column, byte) and
// a fix, the command or the line that mends it. Message texts are lower case
// and name what was found and what was expected.
//
// The package does not decide exit codes; cmd/outcore does.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// A Kind classifies an error for errors.Is.
type Kind string

// The kinds. Every error that leaves a package is one of these or wraps one.
const (
	NotFound    Kind = "not found"      // an object, column, step or row that is not there
	Exists      Kind = "already exists" // put-if-absent lost
	Conflict    Kind = "conflict"       // compare-and-swap lost, or another process holds the lock
	Corrupt     Kind = "corrupt"        // stored bytes are not what was written, or are truncated
	Invalid     Kind = "invalid"        // a user's value, option or input row is wrong
	Shape       Kind = "wrong shape"    // dimensions that do not fit
	Unsupported Kind = "unsupported"    // understood, but not done here
	Unavailable Kind = "unavailable"    // a network, disk or server that may answer later: worth a retry
	TooLarge    Kind = "too large"      // refused because it cannot fit the memory cap
)

func (k Kind) Error() string { return string(k) }

// A Position says where in the user's data an error is. Zero fields are unknown.
type Position struct {
	File   string `json:"file,omitempty"`   // path or address as the user gave it
	Line   int64  `json:"line,omitempty"`   // 1-based line of text
	Row    int64  `json:"row,omitempty"`    // 1-based row of data, for formats without lines
	Column string `json:"column,omitempty"` // column name or 1-based number
	Byte   int64  `json:"byte,omitempty"`   // offset in the stored (perhaps compressed) file
}

// String gives "file:line:column", leaving out what is unknown.
func (p Position) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	} else if p.Row > 0 {
		fmt.Fprintf(&b, ": row %d", p.Row)
	}
	if p.Column != "" {
		fmt.Fprintf(&b, ": column %s", p.Column)
	}
	if p.Byte > 0 && p.Line == 0 && p.Row == 0 {
		fmt.Fprintf(&b, ": byte %d", p.Byte)
	}
	return strings.TrimLeft(b.String(), ": ") // without a file
}

// An Error is a message of one Kind, with a position and a fix where known.
type Error struct {
	Kind Kind
	Pos  Position
	Msg  string // what was found and what was expected
	Fix  string // the command or the line that mends it
	Err  error  // cause, nil when there is none
}

// New makes an Error; format may hold %w, whose operand becomes the cause.
func New(kind Kind, format string, args ...any) *Error {
	f := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Msg: f.Error(), Err: errors.Unwrap(f)}
}

// At sets the position and returns e.
func (e *Error) At(p Position) *Error { e.Pos = p; return e }

// WithFix sets the remedy and returns e.
func (e *Error) WithFix(format string, args ...any) *Error {
	e.Fix = fmt.Sprintf(format, args...)
	return e
}

// Error gives "position: message (fix: …)".
func (e *Error) Error() string {
	s := e.Msg
	if p := e.Pos.String(); p != "" {
		s = p + ": " + s
	}
	if e.Fix != "" {
		s += " (fix: " + e.Fix + ")"
	}
	return s
}

// Is reports whether target is e's Kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
