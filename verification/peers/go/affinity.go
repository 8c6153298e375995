package main

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

// cpuSet is the kernel's mask of the first 4096 CPUs.
type cpuSet [64]uint64

func (s *cpuSet) has(cpu int) bool { return s[cpu/64]&(1<<(cpu%64)) != 0 }

// allowedCPUs returns the CPUs of the calling thread's mask, in order.
func allowedCPUs() []int {
	var set cpuSet
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	if errno != 0 {
		panic(fmt.Sprintf("sched_getaffinity: %v", errno))
	}
	var cpus []int
	for cpu := 0; cpu < 64*len(set); cpu++ {
		if set.has(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// pinThread pins the kernel thread that runs the caller at this moment.
func pinThread(cpu int) {
	var set cpuSet
	set[cpu/64] = 1 << (cpu % 64)
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	if errno != 0 {
		panic(fmt.Sprintf("sched_setaffinity to CPU %d: %v", cpu, errno))
	}
}

// sysGetCPU is the number of the call: package syscall does not name it on every architecture.
var sysGetCPU = map[string]uintptr{"amd64": 309, "arm64": 168}[runtime.GOARCH]

func currentCPU() int {
	var cpu uint32
	if sysGetCPU == 0 {
		panic("the number of getcpu is not known on " + runtime.GOARCH)
	}
	_, _, errno := syscall.RawSyscall(sysGetCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0)
	if errno != 0 {
		panic(fmt.Sprintf("getcpu: %v", errno))
	}
	return int(cpu)
}
