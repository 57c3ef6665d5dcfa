// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The operations and the results of LDAP that the directory speaks (RFC 4511
// section 4.2 to 4.5).
const (
	opBindRequest   = 0x60
	opBindResponse  = 0x61
	opUnbind        = 0x42
	opSearchRequest = 0x63
	opSearchEntry   = 0x64
	opSearchDone    = 0x65
	opAbandon       = 0x50
	tagControls     = 0xa0
	tagSimple       = 0x80
	constructed     = 0x20

	resultSuccess        = 0
	resultOperations     = 1
	resultProtocol       = 2
	resultSizeLimit      = 4
	resultAuthMethod     = 7
	resultNoSuchObject   = 32
	resultBadCredentials = 49
	resultUnwilling      = 53
)

const (
	maxLDAPMessage = 64 << 10
	ldapIdle       = 2 * time.Minute
	oidPaging      = "1.2.840.113556.1.4.319" // RFC 2696
)

// ldapServer serves one directory, to one account, for reading.
//
// It is written here because the server library at hand links the test
// packages of the language into the programs that use it, chooses its own port
// and waits for its clients before it stops.
type ldapServer struct {
	listener net.Listener
	accounts []string // the names of the account that may read, all of them
	password string
	entries  []entry
	root     entry // the root DSE, for everybody

	mu    sync.Mutex
	conns map[net.Conn]bool // nil once stopped
	work  sync.WaitGroup
}

// serve accepts clients until the listener closes.
func (s *ldapServer) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.welcome(conn) {
			_ = conn.Close() // the server stops
			return
		}
	}
}

func (s *ldapServer) welcome(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	s.conns[conn] = true
	s.work.Go(func() {
		defer s.forget(conn)
		client := ldapClient{server: s, conn: conn, from: bufio.NewReader(conn)}
		client.talk()
	})
	return true
}

func (s *ldapServer) forget(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	_ = conn.Close() // maybe closed by the client or by stop
}

// stop ends every conversation and waits for it.
func (s *ldapServer) stop() error {
	err := s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		_ = rawConn(conn).Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.work.Wait()
	if err != nil {
		return fmt.Errorf("stop the directory: %w", err)
	}
	return nil
}

// rawConn is the connection under TLS: closing it never waits for the client.
func rawConn(conn net.Conn) net.Conn {
	if secure, ok := conn.(*tls.Conn); ok {
		return secure.NetConn()
	}
	return conn
}

// ldapClient is one conversation.
type ldapClient struct {
	server *ldapServer
	conn   net.Conn
	from   *bufio.Reader
	bound  bool
	id     int // of the message being answered
}

// talk answers requests one by one until the client leaves or errs.
func (c *ldapClient) talk() {
	for {
		if err := c.conn.SetDeadline(time.Now().Add(ldapIdle)); err != nil {
			return
		}
		message, err := readElement(c.from, maxLDAPMessage)
		if err != nil || message.tag != tagSequence {
			return
		}
		parts, err := message.atLeast(2)
		if err != nil {
			return
		}
		if c.id, err = parts[0].integer(); err != nil {
			return
		}
		if c.answer(parts[1], parts[2:]) != nil {
			return
		}
	}
}

// errLeft ends a conversation.
var errLeft = errors.New("the client left")

func (c *ldapClient) answer(operation element, rest []element) error {
	switch operation.tag {
	case opBindRequest:
		return c.finish(opBindResponse, c.bind(operation), "")
	case opSearchRequest:
		return c.search(operation, rest)
	case opAbandon:
		return nil // answers are already sent
	case opUnbind:
		return errLeft
	}
	// Responses are numbered right after their requests.
	return c.finish((operation.tag|constructed)+1, resultUnwilling, "this directory is read-only")
}

// bind opens the directory to the one account and to nobody else.
func (c *ldapClient) bind(operation element) int {
	c.bound = false
	parts, err := operation.atLeast(3)
	if err != nil {
		return resultProtocol
	}
	name, choice := string(parts[1].body), parts[2]
	if choice.tag != tagSimple {
		return resultAuthMethod
	}
	known := slices.ContainsFunc(c.server.accounts, func(account string) bool { return strings.EqualFold(account, name) })
	right := subtle.ConstantTimeCompare(choice.body, []byte(c.server.password)) == 1
	if !known || !right {
		return resultBadCredentials
	}
	c.bound = true
	return resultSuccess
}

// searchRequest is what a client asks for.
type searchRequest struct {
	base       string
	scope      int // 0 the base, 1 one level below, 2 the whole tree
	limit      int // 0 for none
	filter     element
	attributes []string
	paged      bool
	page       int // entries of a page
	from       int // first entry of the page
}

func (c *ldapClient) search(operation element, rest []element) error {
	request, err := readSearch(operation, rest)
	if err != nil {
		return c.finish(opSearchDone, resultProtocol, err.Error())
	}
	if request.base == "" && request.scope == 0 {
		return errors.Join(c.send(opSearchEntry, c.server.root.encode(request.attributes)), c.finish(opSearchDone, resultSuccess, ""))
	}
	if !c.bound {
		return c.finish(opSearchDone, resultOperations, "a successful bind must be completed first")
	}
	found, code := c.server.find(request)
	if code != resultSuccess {
		return c.finish(opSearchDone, code, "")
	}
	return c.deliver(request, found)
}

// deliver sends the entries found, by pages when the client asked for them.
func (c *ldapClient) deliver(request searchRequest, found []entry) error {
	total, code := len(found), resultSuccess
	if request.limit > 0 && total > request.limit {
		total, code = request.limit, resultSizeLimit
	}
	from, until := min(request.from, total), total
	if request.paged {
		until = from + min(request.page, total-from)
	}
	for _, e := range found[from:until] {
		if err := c.send(opSearchEntry, e.encode(request.attributes)); err != nil {
			return err
		}
	}
	if !request.paged {
		return c.finish(opSearchDone, code, "")
	}
	if until < total && request.page > 0 { // a page of zero ends it: RFC 2696 section 3
		return c.finish(opSearchDone, resultSuccess, "", pagingControl(strconv.Itoa(until)))
	}
	return c.finish(opSearchDone, code, "", pagingControl(""))
}

func readSearch(operation element, rest []element) (request searchRequest, err error) {
	parts, err := operation.atLeast(8)
	if err != nil {
		return request, err
	}
	request = searchRequest{base: string(parts[0].body), filter: parts[6]}
	if request.scope, err = parts[1].integer(); err != nil {
		return request, err
	}
	if request.limit, err = parts[3].integer(); err != nil {
		return request, err
	}
	attributes, err := parts[7].children()
	for _, attribute := range attributes {
		request.attributes = append(request.attributes, string(attribute.body))
	}
	if err != nil || len(rest) == 0 || rest[0].tag != tagControls {
		return request, err
	}
	return request, request.readControls(rest[0])
}

// readControls understands paging and ignores the rest.
func (r *searchRequest) readControls(controls element) error {
	list, err := controls.children()
	if err != nil {
		return err
	}
	for _, control := range list {
		parts, err := control.atLeast(1)
		if err != nil {
			return err
		}
		if string(parts[0].body) == oidPaging {
			return r.readPaging(parts[len(parts)-1].body)
		}
	}
	return nil
}

// readPaging reads the size of the page and the cookie, which is the number of
// entries already delivered.
func (r *searchRequest) readPaging(value []byte) error {
	sequence, err := readElement(bytes.NewReader(value), len(value))
	if err != nil {
		return err
	}
	parts, err := sequence.atLeast(2)
	if err != nil {
		return err
	}
	r.paged = true
	if r.page, err = parts[0].integer(); err != nil || r.page < 0 {
		return errBER
	}
	if len(parts[1].body) == 0 {
		return nil
	}
	if r.from, err = strconv.Atoi(string(parts[1].body)); err != nil || r.from < 0 {
		return errBER
	}
	return nil
}

func pagingControl(cookie string) []byte {
	value := encode(tagSequence, encodeInteger(tagInteger, 0), encodeString(cookie))
	return encode(tagControls, encode(tagSequence, encodeString(oidPaging), encode(tagOctets, value)))
}

// find returns the entries that a request selects.
func (s *ldapServer) find(request searchRequest) ([]entry, int) {
	base := normalDN(request.base)
	if !slices.ContainsFunc(s.entries, func(e entry) bool { return normalDN(e.dn) == base }) {
		return nil, resultNoSuchObject
	}
	var found []entry
	for _, e := range s.entries {
		if !e.isUnder(base, request.scope) {
			continue
		}
		ok, err := e.matches(request.filter, 0)
		if err != nil {
			return nil, resultUnwilling
		}
		if ok {
			found = append(found, e)
		}
	}
	return found, resultSuccess
}

// finish sends the result of an operation.
func (c *ldapClient) finish(tag byte, code int, diagnostic string, controls ...[]byte) error {
	result := encode(tag, encodeInteger(tagEnumerated, code), encodeString(""), encodeString(diagnostic))
	return c.sendRaw(append([][]byte{result}, controls...)...)
}

func (c *ldapClient) send(tag byte, parts ...[]byte) error { return c.sendRaw(encode(tag, parts...)) }

func (c *ldapClient) sendRaw(parts ...[]byte) error {
	message := encode(tagSequence, append([][]byte{encodeInteger(tagInteger, c.id)}, parts...)...)
	_, err := c.conn.Write(message)
	return err
}
