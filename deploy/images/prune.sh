#!/bin/sh
# Takes out of a virtual environment what no process of ours reads: sources and stubs for compilers, the packages' own tests,
# and the data of languages and countries that nobody asks for. Half of an image is such. Usage: prune.sh /opt/venv
set -eu
cd "$1"/lib/python3.*/site-packages
find . \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' \) -delete
find . -type d -name tests -prune -exec rm -rf {} +
rm -rf sqlalchemy/testing alembic/testing mako/testing "$1"/include
# Where a telephone number is from: only whether it is one is asked.
for data in geodata carrierdata tzdata; do
  if [ -d phonenumbers/$data ]; then
    find phonenumbers/$data -type f ! -name '__init__.py' -delete
  fi
done
# Names and addresses of data sets are French, or the English that factories fall back to.
if [ -d faker/providers ]; then
  find faker/providers -mindepth 2 -maxdepth 2 -type d \
    ! -name 'fr_FR' ! -name 'en_US' ! -name 'en' ! -name 'fr' ! -name '__pycache__' -exec rm -rf {} +
fi
# What is drawn is written in French.
if [ -d babel/locale-data ]; then
  find babel/locale-data -name '*.dat' ! -name 'root.dat' ! -name 'fr*.dat' ! -name 'en.dat' ! -name 'en_US.dat' -delete
fi
# Colours for other languages than Python, in tracebacks.
if [ -d pygments/lexers ]; then
  find pygments/lexers -type f ! -name '__init__*' ! -name '_mapping*' ! -name 'python*' ! -name 'special*' -delete
fi
# Images are PNG, JPEG and WebP.
rm -f PIL/_avif.* pillow.libs/libavif*
# Symbols; the libraries that wheels bring along (`*.libs`) were patched, and `strip` would break them.
find . -name '*.so' ! -path '*.libs/*' -exec strip --strip-unneeded {} +
