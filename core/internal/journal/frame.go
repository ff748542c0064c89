package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// MaxRecord is how long a record may be, in bytes.
const MaxRecord = 1 << 20

const (
	marker   = 0xC5                         // what every frame begins with; UTF-8 has no such byte alone
	frameMin = 1 + 2 + 1 + 1 + 4            // of an empty record
	frameMax = frameMin + 2 + 9 + MaxRecord // the length takes 3 bytes at most, the lag 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// salted is the checksum of a file's salt, with which those of its frames begin:
// nobody who chooses what is in a record can put a frame into it, and what an
// older file has left on the disk is none.
type salted uint32

func saltedBy(salt uint64) salted {
	return salted(crc32.Checksum(binary.LittleEndian.AppendUint64(nil, salt), castagnoli))
}

// A frame is
//
//	marker  1 byte
//	check   2 bytes, the low half of the checksum of the salt, length and lag
//	length  of the record, as a varint
//	lag     how many bytes before this frame nobody was promised yet, as a varint
//	sum     4 bytes, the CRC-32C of the salt, length, lag and record
//	record
//
// with integers in little-endian. It is found without the one before it: by the
// marker and the check, which together let one in 16 million places pass, and then
// by the sum.
func (s salted) append(b []byte, lag int64, record []byte) []byte {
	b = append(b, marker, 0, 0)
	at := len(b)
	b = binary.AppendUvarint(b, uint64(len(record)))
	b = binary.AppendUvarint(b, uint64(lag))
	sum := crc32.Update(uint32(s), castagnoli, b[at:])
	binary.LittleEndian.PutUint16(b[at-2:], uint16(sum))
	b = binary.LittleEndian.AppendUint32(b, crc32.Update(sum, castagnoli, record))
	return append(b, record...)
}

// frame is what parse finds.
type frame struct {
	record []byte
	lag    int64
	size   int64 // of all of it
}

// parse reads the frame that b begins with.
func (s salted) parse(b []byte) (frame, bool) {
	if len(b) < frameMin || b[0] != marker {
		return frame{}, false
	}
	at := 3
	length, n := binary.Uvarint(b[at:])
	if n <= 0 || length > MaxRecord {
		return frame{}, false
	}
	at += n
	lag, n := binary.Uvarint(b[at:])
	if n <= 0 || lag > 1<<62 {
		return frame{}, false
	}
	at += n
	sum := crc32.Update(uint32(s), castagnoli, b[3:at])
	if binary.LittleEndian.Uint16(b[1:]) != uint16(sum) || len(b)-at-4 < int(length) {
		return frame{}, false
	}
	record := b[at+4:][:length:length]
	if binary.LittleEndian.Uint32(b[at:]) != crc32.Update(sum, castagnoli, record) {
		return frame{}, false
	}
	return frame{record: record, lag: int64(lag), size: int64(at+4) + int64(length)}, true
}
