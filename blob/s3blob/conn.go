package s3blob

import (
	"context"
	"net"
	"time"
)

// stallWait is how long a connection may carry nothing. It is long because a
// reader waits for the answer while a part is sent: 8 MiB in it are 28 kB/s.
const stallWait = 5 * time.Minute

// stallConn fails reads and writes that wait for longer than wait, so that a
// store that hangs is an error and not a hang.
type stallConn struct {
	net.Conn
	wait time.Duration
}

func (c stallConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.wait)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c stallConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.wait)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// dialer gives dial with connections that do not hang.
func dialer(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return stallConn{Conn: c, wait: stallWait}, nil
	}
}
