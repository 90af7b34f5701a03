package npy

import "encoding/binary"

// The parts of the zip format (PKWARE APPNOTE 6.3) that .npz uses: one disk,
// methods stored and deflated, zip64 sizes, no encryption.
const (
	sigLocal     = 0x04034b50
	sigCentral   = 0x02014b50
	sigEnd       = 0x06054b50
	sigEnd64     = 0x06064b50
	sigLocator64 = 0x07064b50

	localLen     = 30
	centralLen   = 46
	endLen       = 22
	end64Len     = 56
	locator64Len = 20

	stored   = 0
	deflated = 8

	extraZip64 = 0x0001
	// extraIndex is the private extra field that holds a blockIndex: "OC".
	extraIndex = 0x434f

	// zipDate is 1980-01-01, the earliest a zip can say and what NumPy writes.
	zipDate = 1<<5 | 1
)

// limit32 is what a 32-bit size field says when the size is in the zip64
// extra field. It is a variable so that tests reach zip64 with small files.
var limit32 int64 = 0xffffffff

// A member is one file of an archive.
type member struct {
	name   string
	method uint16
	crc    uint32
	comp   int64 // bytes stored
	raw    int64 // bytes when inflated
	header int64 // offset of the local header
	data   int64 // offset of the stored bytes
	index  *blockIndex
}

var le = binary.LittleEndian
