// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// maxTunnel is the most bytes one connection may bring back.
const maxTunnel = 64 << 20

// door is the only way out of a worker: a local socket, in a folder only we
// can enter, that answers HTTP CONNECT by dialling through the scope guard. It
// leads to the host under look and nowhere else, so that a redirection cannot
// give a site the page of another. It also gives permits: one connection carries
// many requests, and the pace of a site counts requests.
type door struct {
	ctx     context.Context // over when the look is: it cuts dials and tunnels
	cancel  context.CancelFunc
	network scanner.Network
	host    string // name of the site
	clear   string // the port where it is asked without TLS
	allowed int    // hellos, when the site keeps no connection
	secret  string
	path    string
	server  *http.Server
	mu      sync.Mutex
	closed  bool
	kept    *tunnel        // the last connection; nil before the first
	unheard int            // handshakes in a row that came to nothing
	hellos  int            // connections made to be encrypted
	permits int            // requests let go
	spared  scanner.Cause  // why no other connection is made; empty as long as some may be
	failed  scanner.Causes // why the site could not be reached
	tunnels sync.WaitGroup
}

// tunnel is a connection to the site that a worker has.
type tunnel struct {
	site net.Conn
	over chan struct{} // closed once nothing of it is left
}

// openDoor serves until close. A site that keeps no connection is sent so many hellos.
func openDoor(ctx context.Context, folder string, at *url.URL, network scanner.Network, allowed int) (*door, error) {
	d := &door{network: network, host: at.Hostname(), clear: "80", allowed: allowed, secret: rand.Text(), path: filepath.Join(folder, "door")}
	if at.Scheme == "http" {
		d.clear = cmp.Or(at.Port(), d.clear)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", d.path)
	if err != nil {
		return nil, fmt.Errorf("open the door of the template engine: %w", err)
	}
	d.ctx, d.cancel = context.WithCancel(ctx)
	d.server = &http.Server{
		Handler: d, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // a worker that speaks badly hears so itself
	}
	d.tunnels.Go(func() { _ = d.server.Serve(listener) })
	return d, nil
}

// close ends every connection and waits: nothing dials afterwards.
func (d *door) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	_ = d.server.Close()
	d.tunnels.Wait()
}

// enter counts a tunnel, unless the door is closed.
func (d *door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.tunnels.Add(1)
	}
	return !d.closed
}

// fail notes why a connection was not made; failures of a site are few and alike.
func (d *door) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed = append(d.failed, scanner.CausesOf(err)...).Merge()
}

// failures lists why the site could not be reached.
func (d *door) failures() scanner.Causes {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// ServeHTTP opens one connection to the site.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.enter() {
		http.Error(w, "the look is over", http.StatusServiceUnavailable)
		return
	}
	defer d.tunnels.Done()
	if status, reason := d.judge(r); status != http.StatusOK {
		http.Error(w, reason, status)
		return
	}
	if why := d.leftAlone(); why != "" {
		http.Error(w, why, http.StatusBadGateway)
		return
	}
	if r.Method == http.MethodPost {
		d.permit(w)
		return
	}
	d.keep(nil)
	if !d.afford(r.Host) {
		http.Error(w, d.leftAlone(), http.StatusBadGateway)
		return
	}
	site, err := d.dial(r.Host)
	if err != nil {
		d.fail(err)
		http.Error(w, printable(scanner.Technical(err.Error()), 300), http.StatusBadGateway)
		return
	}
	defer site.Close()
	now := &tunnel{site, make(chan struct{})}
	defer close(now.over)
	d.keep(now)
	d.lead(w, site)
}

// keep ends the connection before, and remembers the one now. A site is asked one thing
// at a time: when its worker wants another connection, the one it kept is at rest, and
// holds one of the two places that all looks at that address share.
func (d *door) keep(now *tunnel) {
	d.mu.Lock()
	before := d.kept
	d.kept = now
	d.mu.Unlock()
	if before != nil {
		before.site.Close()
		<-before.over
	}
}

// carried is how many requests a connection has to carry on the whole for another one to
// be no price: servers as they are installed take a hundred and more.
const carried = 40

// afford counts a connection to be encrypted, unless the site keeps none: it would hear a
// hello for each request, and a port is sent thirty at most by all probes together
// (docs/adr/0043-what-is-asked-once.md).
func (d *door) afford(address string) bool {
	if _, port, err := net.SplitHostPort(address); err == nil && port == d.clear {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.spared.Code == "" && d.hellos < d.allowed+d.permits/carried {
		d.hellos++
		return true
	}
	d.spared = scanner.Cause{Code: scanner.CauseHangsUp, Values: scanner.Values{scanner.ValueWhere: d.host, scanner.ValueLimit: strconv.Itoa(d.allowed)}}
	return false
}

// sparing is why no other connection was made; empty when some could be.
func (d *door) sparing() scanner.Cause {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.spared
}

// leftAlone says why nothing more is asked; empty when something may be.
func (d *door) leftAlone() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.unheard >= maxUnheard:
		return "the site speaks a TLS that the template engine does not"
	case d.spared.Code != "":
		return "the site closes its connections, and the hellos allowed are spent"
	}
	return ""
}

// dial connects to the site where templates may lead: to the ports declared for its
// host, 80 and 443. The permit of the request that comes with it is its turn too: both
// pass the network of the same look.
func (d *door) dial(address string) (net.Conn, error) {
	if err := d.network.Permits(d.ctx, address); err != nil {
		return nil, err
	}
	return d.network.DialContext(d.ctx, "tcp", address)
}

// permit answers when one more request may be sent to the site.
func (d *door) permit(w http.ResponseWriter) {
	if err := d.network.Pace(d.ctx, d.host); err != nil {
		http.Error(w, printable(err.Error(), 300), http.StatusBadGateway)
		return
	}
	d.mu.Lock()
	d.permits++
	d.mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

// lead hands the connection over to the worker.
func (d *door) lead(w http.ResponseWriter, site net.Conn) {
	worker, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer worker.Close()
	if _, err := io.WriteString(worker, "HTTP/1.1 200 Connected\r\n\r\n"); err == nil {
		d.join(worker, site)
	}
}

func (d *door) judge(r *http.Request) (status int, reason string) {
	secret := strings.TrimPrefix(r.Header.Get("Proxy-Authorization"), "Bearer ")
	if subtle.ConstantTimeCompare([]byte(secret), []byte(d.secret)) != 1 {
		return http.StatusProxyAuthRequired, "wrong secret"
	}
	if r.Method == http.MethodPost && r.URL.Path == PermitPath {
		return http.StatusOK, ""
	}
	if r.Method != http.MethodConnect {
		return http.StatusMethodNotAllowed, "only connections and permits are served"
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil || hostname.Canonical(host) != hostname.Canonical(d.host) {
		return http.StatusForbidden, "only the site under look may be asked"
	}
	return http.StatusOK, ""
}

// maxUnheard is how many handshakes in a row, those of a request and of its second try,
// may come to nothing before the site is left alone: a server of an old TLS would hear
// one for each template, and a port is sent thirty at most by all probes together
// (docs/adr/0039-thirty-hellos.md).
const maxUnheard = 2

// heard counts the handshakes that came to nothing.
func (d *door) heard(asked, answered *records) {
	if !asked.handshake {
		return
	}
	d.mu.Lock()
	d.unheard++
	if answered.data {
		d.unheard = 0
	}
	enough := d.unheard == maxUnheard
	d.mu.Unlock()
	if enough {
		d.fail(scanner.NotSeen(scanner.CauseTLSUnspoken, scanner.Values{scanner.ValueWhere: d.host},
			fmt.Errorf("%d handshakes in a row came to nothing", maxUnheard)))
	}
}

// join copies both ways until one side ends or the look is over.
func (d *door) join(worker, site net.Conn) {
	closeBoth := func() { worker.Close(); site.Close() }
	defer context.AfterFunc(d.ctx, closeBoth)()
	var asked, answered records
	var done sync.WaitGroup
	done.Go(func() {
		defer closeBoth()
		_, _ = io.Copy(site, io.TeeReader(worker, &asked))
	})
	done.Go(func() {
		defer closeBoth()
		_, _ = io.Copy(worker, io.TeeReader(io.LimitReader(site, maxTunnel), &answered))
	})
	done.Wait()
	d.heard(&asked, &answered)
}
