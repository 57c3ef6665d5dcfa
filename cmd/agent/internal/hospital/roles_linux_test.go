// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// rolePlayed tells this test binary, started again inside a namespace of the lab,
// what it is there.
const rolePlayed = "CARESCAN_HOSPITAL_ROLE"

// orderFile names, for some of them, the file of what they are to do.
const orderFile = "CARESCAN_HOSPITAL_ORDER"

func TestMain(m *testing.M) {
	switch os.Getenv(rolePlayed) {
	case "sniffer":
		playSniffer()
	case "odd":
		playOddServers()
	case "visitor":
		playVisitor()
	case "scanner":
		playScanner()
	default:
		os.Exit(m.Run())
	}
}

func endOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// order reads what is to be done.
func order[T any]() (told T) {
	raw, err := os.ReadFile(os.Getenv(orderFile))
	endOn(err)
	endOn(json.Unmarshal(raw, &told))
	return told
}

// ordered writes what a role is to do, and gives the variable that says where.
func ordered(t testing.TB, told any) string {
	t.Helper()
	raw, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	return orderFile + "=" + write(t, t.TempDir(), "order.json", string(raw))
}

// oddServer is one that no package of Debian plays.
type oddServer struct {
	Does       behaviour
	Addr, Pair string
	Log        string // where it notes requests, as nginx does
}

// playOdd starts the servers that are written here.
func (w *world) playOdd(t testing.TB) {
	t.Helper()
	var odd []oddServer
	for _, m := range machines {
		if slices.Contains([]behaviour{slow, bursting, closed, fewPorts}, m.does) {
			pair := m.name()
			if !m.site() {
				pair = "mx"
			}
			odd = append(odd, oddServer{m.does, m.addr, w.folder + "/" + pair + "-ec.pem", w.folder + "/requests-odd"})
		}
	}
	variable, value, _ := strings.Cut(ordered(t, odd), "=")
	t.Setenv(variable, value)
	w.lab.Play(t, rolePlayed+"=odd")
}

func playOddServers() {
	for _, s := range order[[]oddServer]() {
		pair, err := tls.LoadX509KeyPair(s.Pair, s.Pair)
		endOn(err)
		notes, err := os.OpenFile(s.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		endOn(err)
		pages := &http.Server{Handler: noting(notes), ReadHeaderTimeout: time.Minute, ErrorLog: quiet}
		secure := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		serve := func(l net.Listener) { go func() { endOn(pages.Serve(l)) }() }
		if s.Does == slow {
			serve(tls.NewListener(slowListener{listenAt(s.Addr + ":443")}, secure))
			serve(slowListener{listenAt(s.Addr + ":80")})
		}
		if s.Does == bursting {
			serve(tls.NewListener(&wary{Listener: listenAt(s.Addr + ":443")}, secure))
			serve(&wary{Listener: listenAt(s.Addr + ":80")})
		}
		if s.Does == fewPorts {
			serve(tls.NewListener(listenAt(s.Addr+":8443"), secure))
		}
		if s.Does == fewPorts || s.Does == closed {
			go greet(listenAt(s.Addr + ":22"))
		}
	}
	fmt.Println("ready")
	<-context.Background().Done() // ended by the test
}

func listenAt(address string) net.Listener {
	l, err := net.Listen("tcp", address)
	endOn(err)
	return l
}

// noting serves a page, and notes each request with its moment and the address it came to.
func noting(notes io.Writer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		local := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr).AddrPort()
		_, err := fmt.Fprintf(notes, "%.3f %s %d %s\n", float64(time.Now().UnixMilli())/1000, local.Addr(), local.Port(), r.Method)
		endOn(err)
		servePage(w, r)
	}
}

func servePage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page) // the client may be gone
}

// greet says what an OpenSSH says first, and no more.
func greet(l net.Listener) {
	for {
		conn, err := l.Accept()
		endOn(err)
		go func() {
			defer conn.Close()
			_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			_, _ = io.Copy(io.Discard, conn)
		}()
	}
}

// slowListener takes 200 ms before each answer.
type slowListener struct{ net.Listener }

func (l slowListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &slowConn{Conn: conn}, err
}

type slowConn struct {
	net.Conn
	mu    sync.Mutex
	heard bool // something since the last answer
}

func (c *slowConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = c.heard || n > 0
	return n, err
}

func (c *slowConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	heard := c.heard
	c.heard = false
	c.mu.Unlock()
	if heard {
		<-time.After(200 * time.Millisecond)
	}
	return c.Conn.Write(p)
}

// wary cuts whoever comes more than three times within a second.
type wary struct {
	net.Listener
	came []time.Time
}

func (l *wary) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.came = append(l.came, time.Now())
		if len(l.came) > 4 {
			l.came = l.came[1:]
		}
		if len(l.came) < 4 || time.Since(l.came[0]) > time.Second {
			return conn, nil
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

// visit is what a visitor of the world does, once each place answers.
type visit struct {
	Places []string          // "host:port" over TCP
	Zones  map[string]string // and the server to be asked
	// Questions and Hellos are how many are sent, and where: what the sniffer must count.
	Questions, Hellos int
	At                string
}

// await waits until every server answers.
func (w *world) await(t testing.TB) {
	t.Helper()
	v := visit{Zones: map[string]string{"test. " + resolverAddr: resolverAddr}, Places: []string{policyAddr + ":443"}}
	for _, d := range domains {
		for _, server := range []string{ns1Addr, ns2Addr, ns1Six, ns2Six, resolverAddr} {
			v.Zones[d.name+". "+server] = server
		}
	}
	for _, mx := range append(append([]string{}, mailAddrs...), mailSixes...) {
		v.Places = append(v.Places, net.JoinHostPort(mx, "25"))
	}
	for _, m := range machines {
		if m.site() {
			v.Places = append(v.Places, m.addr+":443")
		}
	}
	w.visit(t, v)
}

func (w *world) visit(t testing.TB, v visit) {
	t.Helper()
	visitor := w.lab.Command(t.Context(), os.Args[0])
	visitor.Env = append(os.Environ(), rolePlayed+"=visitor", ordered(t, v))
	run(t, visitor)
}

// readiness bounds the wait for a server: a crowded machine is slow.
const readiness = time.Minute

func playVisitor() {
	ctx, cancel := context.WithTimeout(context.Background(), readiness)
	defer cancel()
	v := order[visit]()
	for _, place := range v.Places {
		until(ctx, func() error {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", place)
			if err == nil {
				conn.Close()
			}
			return err
		})
	}
	client := dns.Client{Timeout: 2 * time.Second}
	for key, server := range v.Zones {
		zone, _, _ := strings.Cut(key, " ")
		until(ctx, func() error {
			reply, _, err := client.ExchangeContext(ctx, new(dns.Msg).SetQuestion(zone, dns.TypeSOA), net.JoinHostPort(server, "53"))
			if err == nil && len(reply.Answer) == 0 {
				err = fmt.Errorf("%s does not know %s: %s", server, zone, dns.RcodeToString[reply.Rcode])
			}
			return err
		})
	}
	for i := range v.Questions {
		transport := []string{"udp", "tcp"}[i%2]
		client := dns.Client{Net: transport}
		_, _, err := client.ExchangeContext(ctx, new(dns.Msg).SetQuestion(fmt.Sprintf("q%d.test.", i), dns.TypeTXT).SetEdns0(1232, true), net.JoinHostPort(resolverAddr, "53"))
		endOn(err)
	}
	var held []net.Conn
	for range v.Hellos {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", v.At)
		endOn(err)
		held = append(held, conn)
		endOn(tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx))
	}
	for _, conn := range held {
		conn.Close()
	}
}

// until tries again until it works, or ends the program.
func until(ctx context.Context, work func() error) {
	for retry := time.Tick(50 * time.Millisecond); ; {
		err := work()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			endOn(fmt.Errorf("a server does not answer: %w", err))
		case <-retry:
		}
	}
}
