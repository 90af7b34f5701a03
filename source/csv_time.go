package source

import "encoding/binary"

// times reads the times of a column: that of row r is b[ends[r*stride]+1:ends[r*stride+1]].
// It stops at the first that is missing, or that it does not know, and returns
// how many it read.
func times(dst []int64, b []byte, ends []uint32, stride int, na *missing, known *months) int {
	for r := range dst {
		f := ends[r*stride:]
		s := b[f[0]+1 : f[1]]
		v, ok := known.parse(s)
		if !ok || na.maybe(s) && na.is(s) {
			return r
		}
		dst[r] = v
	}
	return len(dst)
}

// months remembers months by the first eight bytes of their dates, those of
// eight years beside each other.
type months [256]struct {
	text uint64
	zero int64 // days from 1970-01-01 to the day before the first
	last int64 // day
}

// parse is parseTime of what has one of the usual lengths: a date, or one and a
// time in seconds, with Z, an offset in minutes or none. It knows no others.
func (m *months) parse(s []byte) (micros int64, ok bool) {
	if len(s) != 10 && len(s) != 19 && len(s) != 20 && len(s) != 25 {
		return 0, false
	}
	date := binary.LittleEndian.Uint64(s)
	month := &m[s[6]&15|s[5]&1<<4|s[3]&7<<5]
	if month.text != date {
		year, ok1 := digits(s[:4])
		number, ok2 := digits(s[5:7])
		if !ok1 || !ok2 || s[4] != '-' || s[7] != '-' || number < 1 || number > 12 {
			return 0, false
		}
		month.text, month.zero, month.last = date, daysFromCivil(year, number, 0), daysIn(year, number)
	}
	tens, units := s[8]-'0', s[9]-'0'
	day := int64(tens*10 + units)
	if tens > 9 || units > 9 || day < 1 || day > month.last {
		return 0, false
	}
	micros = (month.zero + day) * 86_400_000_000
	if len(s) == 10 {
		return micros, true
	}
	seconds, ok := secondsOf(binary.LittleEndian.Uint64(s[11:]))
	if !ok || s[10] != ' ' && s[10] != 'T' {
		return 0, false
	}
	micros += seconds * 1_000_000
	if s = s[19:]; len(s) == 0 || string(s) == "+00:00" {
		return micros, true
	}
	offset, ok := parseOffset(s)
	return micros - offset*60_000_000, ok
}

// secondsOf reads the eight bytes HH:MM:SS, the lowest first.
func secondsOf(t uint64) (seconds int64, ok bool) {
	t ^= 0x30303a30303a3030
	if t&0x0000ff0000ff0000 != 0 || (t&0x7f7f7f7f7f7f7f7f+0x7676767676767676|t)&0x8080808080808080 != 0 {
		return 0, false
	}
	t = t*10 + t>>8 // pairs of digits at their first byte
	h, m, s := t&255, t>>24&255, t>>48&255
	return int64(h*3600 + m*60 + s), h <= 23 && m <= 59 && s <= 59
}

// parseTime reads an ISO 8601 date or date and time, YYYY-MM-DD, then T or a
// space and HH:MM, then :SS with a fraction, then Z or ±HH:MM: microseconds
// since 1970-01-01 UTC. Without an offset it is UTC. Digits behind the
// microseconds are dropped.
func parseTime(s []byte) (micros int64, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	year, ok1 := digits(s[:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	micros = daysFromCivil(year, month, day) * 86_400_000_000
	s = s[10:]
	if len(s) == 0 {
		return micros, true
	}
	if len(s) < 6 || s[0] != 'T' && s[0] != ' ' || s[3] != ':' {
		return 0, false
	}
	hour, ok1 := digits(s[1:3])
	minute, ok2 := digits(s[4:6])
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, false
	}
	micros += (hour*60 + minute) * 60_000_000
	if s = s[6:]; len(s) >= 3 && s[0] == ':' {
		second, ok := digits(s[1:3])
		if !ok || second > 59 {
			return 0, false
		}
		micros += second * 1_000_000
		if s = s[3:]; len(s) >= 2 && s[0] == '.' {
			unit := int64(100_000)
			n := 1
			for ; n < len(s) && s[n]-'0' <= 9; n++ {
				micros += int64(s[n]-'0') * unit
				unit /= 10
			}
			if n == 1 {
				return 0, false
			}
			s = s[n:]
		}
	}
	offset, ok := parseOffset(s)
	return micros - offset*60_000_000, ok
}

// parseOffset reads what is behind the time: nothing, Z, ±HH:MM, ±HHMM or ±HH,
// as minutes east.
func parseOffset(s []byte) (minutes int64, ok bool) {
	switch {
	case len(s) == 0, len(s) == 1 && s[0] == 'Z':
		return 0, true
	case s[0] != '+' && s[0] != '-':
		return 0, false
	}
	sign := int64(1)
	if s[0] == '-' {
		sign = -1
	}
	hh, mm := s[1:], []byte("00")
	switch len(s) {
	case 6:
		if s[3] != ':' {
			return 0, false
		}
		hh, mm = s[1:3], s[4:6]
	case 5:
		hh, mm = s[1:3], s[3:5]
	case 3:
	default:
		return 0, false
	}
	h, ok1 := digits(hh)
	m, ok2 := digits(mm)
	return sign * (h*60 + m), ok1 && ok2 && h <= 23 && m <= 59
}

func digits(s []byte) (n int64, ok bool) {
	for _, c := range s {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func daysIn(year, month int64) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysFromCivil counts days from 1970-01-01 in the Gregorian calendar. Years
// begin in March here, so that the leap day is the last.
func daysFromCivil(year, month, day int64) int64 {
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = -1 // year 0, January and February
	}
	yearOfEra := year - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}
