package driver

import (
	"strings"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// maxKey is the longest key every store takes: S3's limit, in bytes.
const maxKey = 1024

// maxName is the longest part between slashes: the limit of every common file
// system, in bytes.
const maxName = 255

// Private is the folder under a local bucket's root that holds its own files.
// Keys below Private+"/tmp" and Private+"/blob.lock" are refused by every
// driver, so that what one can hold all can.
const Private = ".outcore"

// CheckKey tells whether every driver can hold key: UTF-8 of 1 to 1024 bytes,
// parts between slashes of 1 to 255 bytes, none of them "." or "..", without
// backslash or control characters.
func CheckKey(key string) error {
	if key == "" {
		return errs.New(errs.Invalid, "blob: empty key")
	}
	if why := badText(key); why != "" {
		return errs.New(errs.Invalid, "blob: key %q %s", key, why)
	}
	for part := range strings.SplitSeq(key, "/") {
		switch {
		case part == "":
			return errs.New(errs.Invalid, "blob: key %q begins or ends with / or has //", key)
		case part == "." || part == "..":
			return errs.New(errs.Invalid, "blob: key %q has the part %q, which would leave its place", key, part)
		case len(part) > maxName:
			return errs.New(errs.Invalid, "blob: key %q has a part of %d bytes, expected at most %d", key, len(part), maxName)
		}
	}
	if IsPrivate(key) {
		return errs.New(errs.Invalid, "blob: key %q is kept for the bucket's own files", key)
	}
	return nil
}

// CheckPrefix tells whether prefix can begin a valid key; "" can.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	if why := badText(prefix); why != "" {
		return errs.New(errs.Invalid, "blob: prefix %q %s", prefix, why)
	}
	dir := prefix[:strings.LastIndexByte(prefix, '/')+1]
	for part := range strings.SplitSeq(strings.TrimSuffix(dir, "/"), "/") {
		if dir != "" && (part == "" || part == "." || part == "..") {
			return errs.New(errs.Invalid, "blob: prefix %q has the part %q, which no key has", prefix, part)
		}
	}
	return nil
}

// IsPrivate tells whether key names one of a local bucket's own files.
func IsPrivate(key string) bool {
	rest, ok := strings.CutPrefix(key, Private+"/")
	return ok && (rest == "tmp" || rest == "blob.lock" || strings.HasPrefix(rest, "tmp/"))
}

// badText says why s cannot be (part of) a key, or "".
func badText(s string) string {
	if len(s) > maxKey {
		return "is longer than 1024 bytes"
	}
	if !utf8.ValidString(s) {
		return "is not UTF-8"
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\':
			return "has a backslash, expected / between its parts"
		case c < ' ' || c == 0x7f:
			return "has a control character"
		}
	}
	return ""
}
