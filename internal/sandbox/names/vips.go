package names

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// balance opens, updates and closes balancers.
func (k *Keeper) balance(wanted map[vip]*backends) {
	for v, b := range k.balancers {
		if wanted[v] == nil {
			b.close()
			delete(k.balancers, v)
		}
	}
	for _, v := range slices.SortedFunc(maps.Keys(wanted), func(a, b vip) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) {
		b := k.balancers[v]
		if b == nil {
			if b = k.open(v); b == nil {
				continue
			}
			k.balancers[v] = b
			delete(k.complain, v)
		}
		b.update(wanted[v].serving, wanted[v].living)
	}
}

// open listens on the VIP's address. All ports of one name share an address; where that is taken by somebody else and
// no port of the name is open yet, the next one is tried.
func (k *Keeper) open(v vip) *balancer {
	const attempts = 16
	fixed := slices.ContainsFunc(slices.Collect(maps.Keys(k.balancers)), func(o vip) bool { return o.raw == v.raw })
	for n := range attempts {
		address := vipAddress(k.opts.Salt, v.raw, n)
		if fixed {
			address = k.addresses[v.raw]
		} else if k.taken(address) {
			continue
		}
		b, err := listen(net.JoinHostPort(address, strconv.Itoa(v.port)), k.log)
		if err == nil {
			k.addresses[v.raw] = address
			return b
		}
		if fixed || !errors.Is(err, syscall.EADDRINUSE) || n == attempts-1 {
			k.complainOnce(v, remedy(address, v.port, err))
			return nil
		}
	}
	return nil
}

// taken says whether another name has the address.
func (k *Keeper) taken(address string) bool {
	for v := range k.balancers {
		if k.addresses[v.raw] == address {
			return true
		}
	}
	return false
}

func (k *Keeper) complainOnce(v vip, words string) {
	if k.complain[v] != words {
		k.complain[v] = words
		k.log.Warn("names: a VIP is not served", "vip", v.raw, "port", v.port, "reason", words)
	}
}

// remedy says why a VIP's address cannot be listened on and what helps.
func remedy(address string, port int, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("port %d is taken: a process listens on it on all addresses. Tasks should listen on $HOST only", port)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("%s is no address of this machine. Add it: %s", address, AliasCommand(address))
	case errors.Is(err, syscall.EACCES):
		return fmt.Sprintf("port %d may be listened on by root only", port)
	}
	return err.Error()
}

// AliasCommand is the command that makes the system accept a loopback address.
func AliasCommand(address string) string {
	if runtime.GOOS == "linux" {
		return "sudo ip address add " + address + "/8 dev lo"
	}
	return "sudo ifconfig lo0 alias " + address + " up"
}

// vipAddress derives a loopback address from the VIP's name: the same in every run, away from 127.0.0.0/16, where agents
// and other programs are.
func vipAddress(salt, name string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", salt, name, n))
	h := binary.BigEndian.Uint32(sum[:4])
	return fmt.Sprintf("127.%d.%d.%d", 128+h%127, h>>8&0xff, 1+(h>>16&0xff)%254)
}
