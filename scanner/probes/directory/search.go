// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"carescan/scanner"
)

const (
	pageSize   = 500
	maxEntries = 200_000
)

// groups reads every group once, to follow nested membership in memory.
func (s *session) groups(ctx context.Context, t *tree) error {
	err := s.pages(ctx, t, "(objectClass=group)", []string{"objectSid", "member"}, func(e *ldap.Entry) error {
		members, err := s.members(ctx, e)
		if err != nil {
			return err
		}
		t.addGroup(e, members)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the groups: %w", err)
	}
	return nil
}

// accounts reads people, and the machines that must not be taken for them.
func (s *session) accounts(ctx context.Context, t *tree) error {
	attributes := []string{"objectClass", "objectCategory", "objectSid", "userAccountControl", "primaryGroupID", "sAMAccountName", "uid"}
	err := s.pages(ctx, t, "(|(objectClass=user)(objectClass=inetOrgPerson))", attributes, func(e *ldap.Entry) error {
		t.addAccount(e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the accounts: %w", err)
	}
	return nil
}

// pages runs a paged search (RFC 2696). Search references lead to other servers
// and are ignored. A directory that stops at its size limit has still shown
// something: the tree is then marked as cut.
func (s *session) pages(ctx context.Context, t *tree, filter string, attributes []string, each func(*ldap.Entry) error) error {
	paging := ldap.NewControlPaging(pageSize)
	request := ldap.NewSearchRequest(s.base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		0, int(searchTime.Seconds()), false, filter, attributes, []ldap.Control{paging})
	for {
		result, limited, err := s.search(ctx, request)
		if err != nil {
			return err
		}
		if err := t.take(result.Entries, each); err != nil {
			return err
		}
		cookie := nextPage(result)
		if limited || len(cookie) == 0 || t.received >= maxEntries {
			t.cut = t.cut || limited || len(cookie) > 0
			return nil
		}
		paging.SetCookie(cookie)
	}
}

func nextPage(result *ldap.SearchResult) []byte {
	control := ldap.FindControl(result.Controls, ldap.ControlTypePaging)
	if paging, ok := control.(*ldap.ControlPaging); ok {
		return paging.Cookie
	}
	return nil
}

// search keeps to five searches a second (identity-directory-hds.md section 4.1): the
// guard counts connections, and there is one. Limited says that the directory
// stopped at its size limit; what it gave before is in the result.
func (s *session) search(ctx context.Context, request *ldap.SearchRequest) (result *ldap.SearchResult, limited bool, err error) {
	if s.searches++; s.searches > maxSearches {
		return nil, false, tooMany(maxSearches, fmt.Errorf("more than %d searches would be needed: narrow base_dn", maxSearches))
	}
	if err := s.pace.Wait(ctx); err != nil {
		return nil, false, scanner.NotSeen(scanner.CauseLate, nil, errors.New("there is no time left for another search"))
	}
	result, err = s.conn.Search(request)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) && result != nil {
		return result, true, nil
	}
	if err != nil {
		return nil, false, explain(ctx, "search", err)
	}
	return result, false, nil
}

func tooMany(limit int, err error) error {
	return scanner.NotSeen(scanner.CauseTooMany, scanner.Values{scanner.ValueLimit: strconv.Itoa(limit)}, err)
}

func badAnswer(text string) error {
	return scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New(text))
}

// members returns the members of a group. Above 1 500 of them, Windows answers
// "member;range=0-1499" and no "member": the rest must be asked for.
func (s *session) members(ctx context.Context, e *ldap.Entry) ([]string, error) {
	members := e.GetEqualFoldAttributeValues("member")
	slice, sliced := findRange(e)
	for sliced {
		if slice.first != len(members) || len(slice.values) == 0 {
			return nil, badAnswer("the directory answered another range of members than asked")
		}
		if members = append(members, slice.values...); len(members) > maxEntries {
			return nil, tooMany(maxEntries, fmt.Errorf("a group has more than %d members", maxEntries))
		}
		if slice.last {
			break
		}
		var err error
		if slice, err = s.nextRange(ctx, e.DN, len(members)); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func (s *session) nextRange(ctx context.Context, dn string, from int) (memberRange, error) {
	request := ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases,
		1, int(searchTime.Seconds()), false, "(objectClass=*)", []string{fmt.Sprintf("member;range=%d-*", from)}, nil)
	result, _, err := s.search(ctx, request)
	if err != nil {
		return memberRange{}, fmt.Errorf("read a large group: %w", err)
	}
	if len(result.Entries) != 1 {
		return memberRange{}, badAnswer("a large group disappeared while it was read")
	}
	slice, found := findRange(result.Entries[0])
	if !found {
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
func findRange(e *ldap.Entry) (slice memberRange, found bool) {
	for _, a := range e.Attributes {
		bounds, ok := strings.CutPrefix(strings.ToLower(a.Name), "member;range=")
		if !ok {
			continue
		}
		first, last, _ := strings.Cut(bounds, "-")
		n, err := strconv.Atoi(first)
		if err == nil && n >= 0 {
			return memberRange{n, last == "*", a.Values}, true
		}
	}
	return memberRange{}, false
}
