#!/bin/sh
# Makes the golden files with bzip2 1.0.8, gzip 1.12 and zstd 1.5.4:
# what other compressors write and ours do not.
set -e
cd "$(dirname "$0")"
head -c 70000000 /dev/zero | bzip2 -9 > zeros-70MB.bz2
rows() { awk -v seed="$1" -v n="$2" 'BEGIN{x=seed; for(r=0;r<n;r++){s=r%10; for(i=1;i<200;i+=1+x%23){x=(x*16807)%2147483647; s=s" "i":"x%256} print s}}'; }
{ rows 1 4000 | bzip2 -1; printf '' | bzip2 -5; rows 2 5 | bzip2 -9; } > rows-streams.bz2
{ rows 1 300 | gzip -9n; rows 2 5 | gzip -1n; head -c 100 /dev/zero; } > rows-padded.gz
{ rows 1 300 | zstd -19 -c; rows 2 5 | zstd -1 --no-check -c; } > rows-frames.zst
rows 1 200 | zstd --long=30 -c --ultra -19 > window-1GB.zst
