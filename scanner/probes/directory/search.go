// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"carescan/scanner"
)

const (
	pageSize   = 500
	maxEntries = 200_000
)

// groups reads every group once, to follow nested membership in memory. What is left
// of the large ones is asked for when the pages have ended: a page is one question,
// and they are put one at a time.
func (s *session) groups(ctx context.Context, t *tree) error {
	var large []object
	err := s.pages(ctx, t, equal("objectClass", "group"), []string{"objectSid", "member"}, func(o object) error {
		if _, sliced := findRange(o); sliced {
			large = append(large, o)
			return t.hold(o.weight())
		}
		return t.addGroup(o, o.values("member"))
	})
	for i := 0; err == nil && i < len(large); i++ {
		err = s.large(ctx, t, large[i])
		t.kept -= large[i].weight()
		large[i] = object{}
	}
	if err != nil {
		return fmt.Errorf("read the groups: %w", err)
	}
	return nil
}

// accounts reads people, and the machines that must not be taken for them.
func (s *session) accounts(ctx context.Context, t *tree) error {
	attributes := []string{"objectClass", "objectCategory", "objectSid", "userAccountControl", "primaryGroupID", "sAMAccountName", "uid"}
	if err := s.pages(ctx, t, either(equal("objectClass", "user"), equal("objectClass", "inetOrgPerson")), attributes, t.addAccount); err != nil {
		return fmt.Errorf("read the accounts: %w", err)
	}
	return nil
}

// pages runs a paged search (RFC 2696). A directory that stops at its size limit has
// still shown something: the tree is then marked as cut.
func (s *session) pages(ctx context.Context, t *tree, filter []byte, attributes []string, each func(object) error) error {
	request := search{base: s.base, scope: scopeTree, filter: filter, attributes: attributes, page: pageSize}
	for {
		cookie, limited, err := s.search(ctx, request, func(o object) error { return t.take(o, each) })
		if err != nil {
			return err
		}
		if limited || len(cookie) == 0 || t.received >= maxEntries {
			t.cut = t.cut || limited || len(cookie) > 0
			return nil
		}
		request.cookie = cookie
	}
}

// search keeps to five searches a second (identity-directory-hds.md section 4.1): the
// guard counts connections, and there is one. Limited says that the directory
// stopped at its size limit; what it gave before was handed over.
func (s *session) search(ctx context.Context, request search, each func(object) error) (cookie []byte, limited bool, err error) {
	if s.searches++; s.searches > maxSearches {
		return nil, false, tooMany(maxSearches, fmt.Errorf("more than %d searches would be needed: narrow base_dn", maxSearches))
	}
	if err := s.pace.Wait(ctx); err != nil {
		return nil, false, scanner.NotSeen(scanner.CauseLate, nil, errors.New("there is no time left for another search"))
	}
	var ours error // an error of each is worded already
	cookie, err = s.client.search(request, func(o object) error { ours = each(o); return ours })
	switch {
	case ours != nil:
		return nil, false, ours
	case errors.Is(err, resultSizeLimit):
		return nil, true, nil
	case err != nil:
		return nil, false, explain(ctx, "search", err)
	}
	return cookie, false, nil
}

func tooMany(limit int, err error) error {
	return scanner.NotSeen(scanner.CauseTooMany, scanner.Values{scanner.ValueLimit: strconv.Itoa(limit)}, err)
}

func badAnswer(text string) error {
	return scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New(text))
}

// large adds a group whose members come by slices. Above 1 500 of them, Windows
// answers "member;range=0-1499" and no "member": the rest must be asked for.
func (s *session) large(ctx context.Context, t *tree, o object) error {
	members := o.values("member")
	slice, sliced := findRange(o)
	held := 0
	defer func() { t.kept -= held }()
	for sliced {
		if slice.first != len(members) || len(slice.values) == 0 {
			return badAnswer("the directory answered another range of members than asked")
		}
		if members = append(members, slice.values...); len(members) > maxEntries {
			return tooMany(maxEntries, fmt.Errorf("a group has more than %d members", maxEntries))
		}
		held += weight(slice.values)
		if err := t.hold(weight(slice.values)); err != nil {
			return err
		}
		if slice.last {
			break
		}
		var err error
		if slice, err = s.nextRange(ctx, o.dn, len(members)); err != nil {
			return err
		}
	}
	return t.addGroup(o, members)
}

func (s *session) nextRange(ctx context.Context, dn string, from int) (memberRange, error) {
	request := search{
		base: dn, scope: scopeObject, most: 1, filter: present("objectClass"),
		attributes: []string{fmt.Sprintf("member;range=%d-*", from)},
	}
	var slice memberRange
	received, found := 0, false
	_, _, err := s.search(ctx, request, func(o object) error {
		received++
		slice, found = findRange(o)
		return nil
	})
	switch {
	case err != nil:
		return memberRange{}, fmt.Errorf("read a large group: %w", err)
	case received != 1:
		return memberRange{}, badAnswer("a large group disappeared while it was read")
	case !found:
		return memberRange{}, badAnswer("the directory did not answer the next range of members")
	}
	return slice, nil
}

// memberRange is one slice of a member attribute.
type memberRange struct {
	first  int
	last   bool // nothing follows
	values []string
}

// findRange finds "member;range=0-1499", or "member;range=1500-*" for the last
// slice (MS-ADTS section 3.1.1.3.1.3.3).
func findRange(o object) (slice memberRange, found bool) {
	for _, a := range o.attributes {
		bounds, ok := strings.CutPrefix(strings.ToLower(a.name), "member;range=")
		if !ok {
			continue
		}
		first, last, _ := strings.Cut(bounds, "-")
		n, err := strconv.Atoi(first)
		if err == nil && n >= 0 {
			return memberRange{n, last == "*", a.values}, true
		}
	}
	return memberRange{}, false
}
