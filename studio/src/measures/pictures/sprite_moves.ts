/** Random moves of the sprite matching. Written by studio/scripts/measures_golden.py. */

let moves: Float64Array | null = null;

/** Steps in scale, orientation, x and y, (150, 4): the same as in Python, to the last bit. */
export function spriteMoves(): Float64Array {
  moves ??= new Float64Array(Uint8Array.from(atob(CONTENT), (letter) => letter.charCodeAt(0)).buffer);
  return moves;
}

// float64, low bytes first, in base64
const CONTENT =
  "+UMqkDW4eD/LfluQ/lSMv+5rthh9rNM/Dz2epb7HqT8AWlPUR1R6v/I8+gExY4M//HXebIkHxD8XtZjTJRi9Pyn3/e6ES6G/JKmuQT32wL++rf" +
  "Y7oSXTvw1UKfkCUJQ/LFGvFuqRnL88RHOBMXZ3v3mwVAYfI8O/U3fY6Mh+tr+2PiHmXMCavxlBDkF79aC/7tgFdmNKyT+D2aRRVAPgP1wNcIVc" +
  "RVm/UD7V5vVQoj+j+yvETW+0v4JuQ33GmKU/ozTHlCQ0pj+WJpEflimEP2neRLMd19a/HHuhSb5Q3L9gr70Whn92v8kbx324nHc/dcqR4fUDv7" +
  "+wuYg5GLSZv3VLgKEOTn+/S20Zp43/rD8J4UGVl2C6P4ETLIeH1cU/nkt8r4gRgL/WvQy3N8xrv5nUkhhvFbg/6i6nA2nwxj/oUkH7WvGuv1Mg" +
  "Pdj2SsQ/GzLHjzKs5D++Fq6dewDYP/Lp3Ww+/2k/Kk3buNnUgL82NSmtK2XGP2rhpqEMHM4/UmCUCHQjtj/EH7fQuKDBP9YhPpob9cU/jiiHXE" +
  "2P4r9HMRcv4gUMv/ldXrhUmZE/wEQiHQvKw79Tn1aOu0aoP/+hHOLvIJU/z+ucmuGosj/yeoIsJDDivzlYyjzXU9S/vQLBVaBzdb8HW/LuP1yf" +
  "vw4U4Qh5t8o/maR+VgB4rr8eHpVZZSuQP7okZJM+upu/96a2/XdS6D8qf4Hj3kfkP/p09ZlrIX8/n5Gyzz+Jrb9Hm1mSwpJ5P6gKnRu6ALU/jP" +
  "btTGGsqD8lgWeQpJCwv2wrG7Fw/Os/Pk/4VSVI5L/5NAh1+UGAvykCguMqEZk/Qjk6t38ceD9PbKFfusHOP9jvVqY9iII/Ia8bd475sL+aj7Z5" +
  "jzLHvyV/a6WPwuC/aADS8ndmj7/PsCSzdeaQP+Cm8VJ52rE/xO2Ik2niwz8QO7SykYuiv7KptncZpMY/j7mDwTeowb+lYhdE0y7oPzVRfMu0RX" +
  "W/N20n+Y63k79jAuWAkbGeP0dUBlitr78/w25YmeCnfz8SZ7sm3mSvvzDIhfjjmeS/zONDcQCH5b/PB+TMNrV4P5d507dQiJo/ZqsS0UIwlL/A" +
  "w80Tk4DAvx87Yc+0dKU/mr/g3p0pwb91psWxy+fVvxncihTiE9M/oCwXBFWmm7/4hTAXPreEP8SXcqw13rG/lm62uUjbij/Gzet5XcRtvy2GD+" +
  "9frJU/iDfqszBT1T9892f5D0zXv1zYEt8FdpE/36+1fx53kz/ca/A2Yuu5P4WKMHpu5ME/rNffnhNboz/2xmvb1qC2P916fVLwk6I/eTK6lU3q" +
  "5b+Ma0vdCo1av6KIzdkcoZS/NlH8wXLaxb/dMZPIOMKfP0TM2fsB8pu/CNmti3Wbu7/6S7dDPwXgvywS+OrVfcA/wZ0AOCOhcT/LWAmz9LmhP2" +
  "esKmN7W1u/4AecPa4AwD91XmzLJDuxP35y1dl81b4/DUStb2Aq8r+1ZHeHYd/iP9IxEp9osXA/80zP0py4hj/mEHQE586mP9K7j+Q/hKc/DOPd" +
  "cVJmjz8rA/zaYT6jv6o47cSINe2/0HWjelLEqr8d/WXApMCDvxKkFIcR9Zw/7//ch+e9ob/xgIW30IOEP5E5NSxC4aS/fEYkTrdgq7+DCdmux6" +
  "x2vxB2Up670Oa/AfkyGf2ObT9IOGHJt79mv7RAFaNwNsK/BpXAHx5r0r/BeySasDeZP3y5B60s6Z+/8ksq4CdI0L/QscRFyAS9v2CPe6QjUpY/" +
  "4C0Q53lcVb9ReqvhnEmFP91/hZBo18a/lLbwoxQ+tD+hpCIZpJi4Py0cpc1bY+A/fY42KZ5ulz/7Cp3gF4eGP+CefGeN44M/F79HrFDWsj+wD/" +
  "GVk7OSv+W6q1lzHLK/0TiUU/CUuz+axn8lkrjtv0B69UrBe72/YaY0GfoaZL+ESxgwD/Wbv2FER+rL1bI/PpWq19OdmL+u1tlgE3mVv62sww9C" +
  "36s/6ZdbrvBHzb/T9gAGsVXlP99/LgtURnE/U5oO5Zxuib+DbDI1Kd3Nvy8+t3hLFsS/g6n6gL+1qj+MyCpGqbR1v/8TdxcsZcG/qUqJPIc96T" +
  "+L3VQ1u4WPv9WHA1mjZo+/9YDhUykJrb90EdXdJAOyP+J/vT2aTqC/Rcv/d9VxsL+nkeNJtKfov9h+g0zWZ9Y/qVVcUcrPgz/NDfNIqoqJv0pr" +
  "ofs6EpQ/U2haMeTaw79/21SNyDCXv4ieVR1heMI/G6CpPritsD+uoocEXL7xP2gO/aeWWIO/f89HSuIcjz+aOaDhFAaYv1PhtsnFYbE//QdAll" +
  "qvNr98VpCZ6Bauvx0DY0M3p9q/Hi6t0RKM9z8YWRsDz2lOv9JSgpUVCKu/A63kf83ss78yB2hGUtS0P0BbtOaPk5i/SHXAA1A8wj+Uiu5HLsve" +
  "P70sN7wouLK/KHftBdo1d79aD3Le3O+av8ZR58jCgLW/QlquX6Kgxr/WIJ8BaJmtPyGA9NZrUsU/63a5+1VL47+OuxYIkSbiv9TiQtxBu5W/fN" +
  "LlO9nWmb8L/CeBTtvXv4XWsqWfi8G/L/TedXzfrz9YwJA/pIiiv9M+2FC5QNo/ARkcgdEKzr/xEBGWlKKVP3bOKQrdXHU/0LhrZGB4p79RT28T" +
  "RZrTP5zPTgSa5Y+/IuwOSZNewL/QUXkais+4P2iycieUFpO/Zi3y57s0ij/wEG8gGLWYv3WXYyyNuLg/isEjb0kyuj/LSPOnuWigvzeD5nVRgZ" +
  "E/yBRLmkyF2b8fj8vcCwTyP7QynSUQToG/19ZsX9JKiL9aeNSuC1/Av5KnwVUERKW/dsqPcAB8Mr8Q3hNNRZW0PxslivUPwdK/277uhPHTtr+n" +
  "rS/o42eRv2Ewa+VjLpa/MR8bXCMq1T+cUqluq/y/P9GZhINLNKO/HgYZljjtwb+OWjyqS/jdv8bwxvuuUoW/ZWNLlaBPOz9+1M2Re/STvy+qgk" +
  "MEw8O/pijBFQXZxT8431iuhDOWPyCuupBBFaS/iJUcwmYdu7+vbYCgZUTQv0TKFQwACqK/VfFhnjfOaD9SqrZJjXHAv2UAtSBuzb6/GnmqkV14" +
  "n7/q6pY9uaGzP3rbduS2+uG/8+nA/dIH5r+9DojNM3N/P7jaxzcrOZQ//1SujVx1vb+HI8IT4EaxP7eYaqArq4y/G5I4CXwnoD+Cvt0tTF7jvx" +
  "fhhQImltk/pI86MkCSjT87fEvCLRSRP0hMENH2JrE/+9LPQJj43L/dFHdf9p6JPx/UCegg1GW/ixWb1KYRsr9qIVctEV/Tv5ZFIoo4xUU/eYoS" +
  "C6cYhj+cLGxtBzWgv/OsmWZ1d6y/Sz1pJvE4rj98JoYMCqK9v26MIlp4pd8/gpGjBwq6tT+OS3rqQMSDv8rm+Kx7GH+/4JVkxB9DvL910oJj7L" +
  "y0Pw4tdQSeGZE/9EkBB33arb/HdNlEGe7gv4v6BXWVicI/M9uec1mHhz+B9dMT/mlov07ZSKodtKk/KVddS2Uap7+SKh8uvZFqP8XT0LgyPJ+/" +
  "JbgNDeIQwj8wwxLGqjDnv0UIEOzKqX8/kkYr+waoeL9fv27NagimP1/ET5Cd6KS/Wxw1Pyd+jz/sJDj558C8v9IhsQbyQ+I/WYZ4IZwq6r//Cl" +
  "VFU4qJv6wS7npsRXk/f8VxQiF4xj+5yOZojBahP04Vzg/SXoi/f4dArSIaw79zTr4oC4G3vwpDfq82ioO/QgAVshHGlD8ulhGBl62QP97+a0mj" +
  "fMe/VDHRo54hzz9f4GXfX2qTv6miqwGok7e/p558Fz2n5j9aE3c5uXSYv+SJkZz+DnK/fyW5nwl2dz/pEajJefS5PwL+ce3pg74/ml0DQAPmsL" +
  "9GtID+s8nKPwR6gypsFt0/3aFjJlFMx780Wrr7jx6Ev0j3z7Q/+pm//ZI+1ExSjj8a+uUeNeizv5sa+78rzKK/Mb4gsZG/tT86q4oEJmbGPwCK" +
  "NbwRPsi/xYygh3wLgj8YXK/SGVSiP7WnGRC8z8C/COB6/XqIsr8sEbi9diqnPxolZfUGRrM/yme7U1Tbuz9knxV709rhP9JFnqtvvoq/pl4FCJ" +
  "nTo788h1m7fZ66v9/hVs/OHY4/VtW5f4uQo7/Da//0eB+qv0wNBIO2892/fy9D2kAP07/rdIUXk7GIv4sXniDHs4M/NornGEdruD9CVHTfwoSt" +
  "v4CJPbgDYIS/Rwc7Kycnr798dKf37VHQP5u+8Obr4qU/3DcUtMiWkz9YQCdXIV6dvyMF5tqrRaY/qZLigWFHqz+Zb1cPY7eRv3iSgil9Sa8/Fg" +
  "zrT4AY5r8XnrV7vEXwP2FGwvG0fZC/lAKX2Y6omD9dbHMKbzjBv8721sp0rcE/x/k95ZPpkr8yVvKX+PyQPyMXhKUyOJo/wCdiOEPo4D/Khnis" +
  "AZxvv2V09a3h4rO/502QdVhZt7+r+mAJF5OWPye7sGZfppW/wdfA1TajtD+qQRg92zDfP2VTlMt/KLK/xY0S7AROkr9RqqT1s42iP6lBxFm9os" +
  "A/3frcoN5hor/NhVEVGui5PyYZe76atKK/ZGemMFZ34b+l4yGwWiezv9+6oLUkfYo/XyA3iKkhmb8bOcN5h/jNP3dbl6yRiru/7jOCrLR0pz+V" +
  "z+teMjGtP/MZqU837rK/lrxZHNSY4D+S4PCD9W2Sv5N0y/lyMqI/ukusKU5Nf7+P3ABn4qmwv72dZENlaaI/JAhz4v5pvD85iuXn6qXXP1FKLX" +
  "Netu4/zoylLlePij+Yvms4TDShP+gZiaqplbC/P78theUtij+mb6DV9aubPzCxcD3ccF6/9gPV3k+Iwj+JxnNoDC7KPzhSkAGGv4Q/PyV5HqrK" +
  "Zb+GeKqt3X2lvw7Vaasjcrm/W+MLcUvqpb9S7+iJbm6/P61mtdmhxaS/EaWqTcgs2D8H9/C7TuKPv2jpnIq9+qm/FvCozzEdwL/i5JF/uJzBP8" +
  "pBrCDDP6o/5SBXNoHNoT/3rkrThaTYv8DThQCyErC/KiO/SGNFbb8vsA9zC3+Cv9lqyD8iP9O///No9AFbur8guAgbP7CCv62TEYGOU8Q/iNNf" +
  "F4rAsz9Hq31ShITlP8ZqFrn6WXO/eWLnSbgYe78h6h04k/Ldv6VI/lyOd6w/EH7ceg7kmj/p9h5nQ6THP/MWhIMX6M2/H2jI1Kojpz8J8DlPzF" +
  "aBv8GZkgmNiJ+/O3B69xvotb/Zfb+KWzKlv4QbPODWp7A/QZ9DyydbLj9v72zsGEnYvx8whC8Xb7E/87/2yFxjZT/S9Zsf7CCSvzugSKZgj8E/" +
  "vJrPO0oBzb85hHDKBv6Ev01aUYdK1LE/8H/xSe6O5L+Zp6K4BzLGP1pATwMuxo8/SkHwfANTiD/XQs60+vXJv0JyWjvCXra/kSEAjvtIrj+sVL" +
  "Pey/2fP2u6N40qYnO/1iARPnwbyz8bzkWfcriBP69IU8oi/pK/3FkzK5nXob9jwbS4rI+RP3HAF3iSvJq/UL3zsu6ejL8t5x5+cO/jP8uUEsA+" +
  "u92/89Snv8Gslz/kMhCp4zCpP23n+5yEUcq/EG6igDBUkb+AtyzQDtiQP84bEfHKZbS/oFU+HxjE1r9IkHS5cyy9vxaIKqSBKoI/C5fm7Xpqi7" +
  "9OxNcy2g7MPyrAnY3l0KE/01O3eMgqdL8b25V7Em3DPyQoG5ZGPdM/JZPc9WCwxj/gAfbVtUZwv4gvZQ+dUKg/dthfvWzwuD89egxxxP6YvxC3" +
  "B4VwYbO/pzP/kBH/oz9RKHF5XpHhvxCbq8BfW+q/2mxC4RNxa78s8lQF2S5+P1NZYuHrssM/cwuNRJVaoT83heBQCc+jPyayYU+QbsC/udDeem" +
  "gmhr8BoglUs4auPy2Hv6/IMIU/OqaygB3kaD9fVmzDiLO4P8Y/K1Ne+q6/Klwzdh2YkT99iqF/Yj6mPz+23W9RMuO/5k4QwfeRtT/T6zrdL35v" +
  "v1/ZY7nLham/dnCygTdxvT9ygHF/izumv6fDnUjG8qS/2SadEPw6pL8WZoPXZ/uwP09nPGNXKec/DIs1hdhPYL/1AuQVL1SJPxhYIkYiGcU/3/" +
  "3oGQNksD9uPIoK00KqP6NjjwN+jKm/lKPlVMev1z/tc5CuEX+cv6m5PGycZ4o/Q5fJyFfnmr+LmakOsfK3v0n3ugTbfMM/tnHKX51Gg7+DjVwx" +
  "CD+jv+h9A0RvEKM/YMaZu20u1b++VKrd7F2QP2oU+KVyvqC/3i9YRWeBkr+3kEhwGFGlP0cFxzz+iHS/vDZRwweCtb8hvAdgSq3avzd2OzPgIs" +
  "o/BMzu7zhTib8a8dCnG1ORP5QGkfoxace/XxgHjpAMsb8WxQslXo1cPwCsvpm0yMC/Eg1CQJ8H1D8CCPzzcTmCv0F6jXdpdom/crOM4v9bpL/f" +
  "zfDcJQzIv1qXnXCOFXk/";
